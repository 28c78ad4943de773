import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parsePlatform } from '../../../src/adapters/platform/platform.ts';
import { buildJsonSchemas } from '../../../src/adapters/platform/json-schemas.ts';
import { resolveSourceUris } from '../../../src/adapters/platform/source-uris.ts';
import { withFieldTable } from '../../../scripts/field-table.ts';
import { platformFromYaml, repositoryFile, shippedPlatform } from './test-platform.ts';

describe('windlass.yaml', () => {
  test('may be empty', () => {
    const platform = platformFromYaml('', ['production', 'staging']);
    expect(platform.defaultTarget).toBe('production');
    expect(platform.store.uri).toBe('file:///data/.windlass/store');
    expect(platform.targets['production']?.approval).toEqual({
      required: true,
      fourEyes: false,
      expiresSeconds: 604_800,
    });
  });

  test('gives each target one replica with directories of its own', () => {
    expect(shippedPlatform().targets['staging']?.replicas).toEqual([
      {
        name: 'staging-0',
        grpcAddress: '127.0.0.1:1',
        httpUrl: 'http://127.0.0.1:2',
        repositoryDirectory: '/data/.windlass/serving/staging/models',
        desiredDirectory: '/data/.windlass/serving/staging/desired',
        secretFile: '/data/.windlass/serving/staging/secret',
        machineFile: '/data/.windlass/serving/staging/machine.json',
      },
    ]);
  });

  test('keeps presets as they were written, so that a run shows what a preset sets', () => {
    const platform = platformFromYaml('presets: { quick: { train: { steps: 3 } } }', ['production', 'staging']);
    expect(platform.presets).toEqual({ quick: { train: { steps: 3 } } });
  });

  test('resolves relative addresses against its folder', () => {
    const yaml = 'store: { uri: ./bucket/ }\npresets: { p: { data: { sources: [{ uri: ../my corpus/*.csv }] } } }';
    const platform = platformFromYaml(yaml, ['production', 'staging']);
    expect(platform.store.uri).toBe('file:///data/bucket');
    expect(platform.presets['p']).toEqual({ data: { sources: [{ uri: 'file:///my%20corpus/*.csv' }] } });
  });

  test.each([
    ['targets: [production]', 'targets: found a list of 1; expected targets by name'],
    ['targets: { a: { aproval: {} } }', 'targets.a.aproval: unknown field; did you mean "approval"?'],
    ['targets: {}', 'defaultTarget: found nothing; expected at least one target under targets'],
    ['defaultTarget: prod', 'defaultTarget: found "prod" (string); expected one of production, staging'],
    [
      'store: { uri: gs://x }',
      'store.uri: found "gs://x" (string); expected file:///directory, ./directory or s3://bucket/prefix',
    ],
    ['presets: { p: { train: { stpes: 1 } } }', 'presets.p.train.stpes: unknown field; did you mean "steps"?'],
    ['a: [1', '/data/windlass.yaml is no YAML'],
    ['just text', 'input: found "just text" (string); expected an object'],
  ])('is refused with the wrong field named: %s', (yaml, message) => {
    expect(() => platformFromYaml(yaml, ['production', 'staging'])).toThrow(message);
  });

  test('is refused when a target has no running server', () => {
    expect(() => platformFromYaml('', ['production'])).toThrow(
      'target "staging" of windlass.yaml has no running server',
    );
  });
});

describe('platform.json', () => {
  test('is read back as it was written', () => {
    const platform = shippedPlatform();
    expect(parsePlatform(JSON.stringify(platform))).toEqual(platform);
  });

  test('is refused when it is torn or of another shape', () => {
    expect(() => parsePlatform('{"schema":')).toThrow('platform.json is no JSON');
    expect(() => parsePlatform('{"schema":"windlass.platform/v2"}')).toThrow(
      'schema: found "windlass.platform/v2" (string); expected "windlass.platform/v1"',
    );
  });
});

describe('the shipped JSON Schemas', () => {
  test.each(Object.entries(buildJsonSchemas()))('are current: %s', (name, text) => {
    const committed: unknown = JSON.parse(readFileSync(repositoryFile(`schemas/${name}`), 'utf8'));
    expect(committed).toEqual(JSON.parse(text));
  });
});

test('the page of the configuration lists every field as the schema has it', () => {
  const page = readFileSync(repositoryFile('docs/configuration.md'), 'utf8');
  expect(withFieldTable(page, buildJsonSchemas()['run-input.schema.json'] ?? '{}')).toBe(page);
});

test('a run input file may name sources beside it', () => {
  const input = { model: 'g', data: { sources: [{ uri: './a.jsonl' }, { uri: 's3://b/c' }, 7] } };
  expect(resolveSourceUris(input, '/home/ada/run.json')).toEqual({
    model: 'g',
    data: { sources: [{ uri: 'file:///home/ada/a.jsonl' }, { uri: 's3://b/c' }, 7] },
  });
});
