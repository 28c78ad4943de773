import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AdapterError } from '../../../src/adapters/errors.ts';
import { createSpecResolver } from '../../../src/adapters/platform/spec-resolver.ts';
import type { RunInput, RunSpec } from '../../../src/contracts/run-spec.ts';
import { platformFromYaml, repositoryFile, shippedPlatform } from './test-platform.ts';

interface WrongSpec {
  readonly name: string;
  readonly input: unknown;
  readonly lines: readonly string[];
}

const wrongSpecs = JSON.parse(
  readFileSync(repositoryFile('test/fixtures/wrong-specs.json'), 'utf8'),
) as readonly WrongSpec[];
const resolver = createSpecResolver(shippedPlatform());
const source = { uri: 'file:///data/*.jsonl' };

function resolve(input: unknown): RunSpec {
  return resolver.resolve(input as RunInput);
}

function failureOf(input: unknown): AdapterError {
  try {
    resolve(input);
  } catch (error) {
    if (error instanceof AdapterError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(input)}`);
}

describe('a wrong run input', () => {
  test.each(wrongSpecs)('is refused with every wrong field named: $name', ({ input, lines }) => {
    const failure = failureOf(input);
    expect(failure.message.split('\n')).toEqual(lines);
    expect(failure).toMatchObject({ failure: 'InvalidSpec', system: 'platform' });
    expect(failure.details['issues']).toHaveLength(lines.length);
  });

  test('carries its issues as data, without positions', () => {
    expect(failureOf({ model: 'glossary', preset: 'quickstart', target: 'moon' }).details).toEqual({
      issues: [{ path: 'target', found: '"moon" (string)', expected: 'one of "production", "staging"' }],
    });
  });

  test('says how many more fields are wrong when there are very many', () => {
    const tasks = Array.from({ length: 70 }, () => ({ prompt: '' }));
    const lines = failureOf({ model: 'glossary', preset: 'quickstart', evaluate: { tasks } }).message.split('\n');
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toBe('… and 20 more');
  });

  test('never ends in anything but InvalidSpec, whatever JSON it is', () => {
    fc.assert(fc.property(fc.jsonValue(), (input) => failureOf(input).failure === 'InvalidSpec'));
  });

  test('never ends in anything but InvalidSpec, whatever stands in one of its sections', () => {
    const sections = ['preset', 'data', 'train', 'build', 'evaluate', 'approval', 'deploy', 'smokeTest', '__proto__'];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...sections), fc.jsonValue()), (input) => {
        try {
          resolve({ model: 'glossary', ...input });
        } catch (error) {
          expect(error).toMatchObject({ failure: 'InvalidSpec' });
        }
      }),
    );
  });
});

describe('a spec that is amended', () => {
  const spec = resolve({ model: 'glossary', preset: 'quickstart' });

  test('changes at the paths that are named, and nowhere else', () => {
    const amended = resolver.amend(spec, {
      'train.learningRate': 0.0001,
      'train.lora': { rank: 4 },
      'evaluate.tasks': [],
    });
    expect(amended).toEqual({
      ...spec,
      train: { ...spec.train, learningRate: 0.0001, lora: { ...spec.train.lora, rank: 4 } },
      evaluate: { ...spec.evaluate, tasks: [] },
    });
    expect(resolver.amend(spec, {})).toEqual(spec);
  });

  test('does not ask its preset again, which may be another one by now', () => {
    const later = createSpecResolver({ ...shippedPlatform(), presets: {} });
    expect(later.amend(spec, { 'train.steps': 50 })).toEqual({ ...spec, train: { ...spec.train, steps: 50 } });
  });

  test('has the default of a field that is younger than it', () => {
    const { repair: _younger, ...older } = spec;
    expect(resolver.amend(older as RunSpec, {})).toEqual(spec);
  });

  test('is refused as a wrong input is, by path', () => {
    const change = {
      'train.learningRate': 'low',
      'train.warmupSteps': 500,
      'build.quantisation': 'int4',
      'evaluate.floors': 3,
    };
    expect(() => resolver.amend(spec, change)).toThrow(
      [
        'train.learningRate: found "low" (string); expected a number from 1e-9 to 1',
        'build.quantisation: unknown field; did you mean "quantization"?',
        'evaluate.floors: found 3 (number); expected an object',
        'train.warmupSteps: found 500 (number); expected at most train.steps (40)',
      ].join('\n'),
    );
  });

  test('never ends in anything but InvalidSpec, whatever the path', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (path, value) => {
        try {
          resolver.amend(spec, { [path]: value as never });
        } catch (error) {
          expect(error).toMatchObject({ failure: 'InvalidSpec' });
        }
      }),
    );
  });
});

describe('a right run input', () => {
  test('is resolved to the same spec when that spec is resolved again', () => {
    const inputs = fc.record(
      {
        preset: fc.constantFrom('quickstart', 'base'),
        target: fc.constantFrom('production', 'staging'),
        requester: fc.string({ minLength: 1, maxLength: 20 }),
        train: fc.record({ steps: fc.integer({ min: 5, max: 500 }), seed: fc.nat() }, { requiredKeys: [] }),
        build: fc.record({ quantization: fc.constantFrom('none', 'int8', 'int4') }),
        approval: fc.record({ required: fc.constant(true), expiresSeconds: fc.integer({ min: 1, max: 1000 }) }),
      },
      { requiredKeys: ['preset'] },
    );
    fc.assert(
      fc.property(inputs, (input) => {
        const once = resolve({ model: 'glossary', ...input });
        expect(resolve(once)).toEqual(once);
      }),
    );
  });

  test('needs no more than a model and a preset', () => {
    const spec = resolve({ model: 'glossary', preset: 'quickstart' });
    expect(spec).toMatchObject({
      model: 'glossary',
      target: 'production',
      approval: { required: true, fourEyes: false, expiresSeconds: 604_800 },
      train: { method: 'lora', steps: 40, lora: { rank: 8, targets: 'all-linear' } },
      data: { sources: [{ uri: 'file:///data/examples/glossary/data/*.jsonl', format: 'jsonl' }], workers: 2 },
    });
  });

  test('overrides single fields of its preset and keeps the others', () => {
    const { train, data } = resolve({ model: 'glossary', preset: 'quickstart', train: { steps: 7 } });
    expect(train).toMatchObject({ steps: 7, learningRate: 0.0005, maxTokens: 128 });
    expect(data.maxRows).toBe(2000);
  });

  test('replaces the lists of its preset as a whole', () => {
    const { smokeTest } = resolve({ model: 'g', preset: 'quickstart', smokeTest: { prompts: [{ prompt: 'Hi' }] } });
    expect(smokeTest.prompts).toEqual([{ prompt: 'Hi', expect: [] }]);
  });

  test('takes format and fields of a source from its ending and the kind of data', () => {
    const uris = ['file:///a.jsonl.gz', 's3://corpus/x/*.parquet', 'file:///a.csv', 'file:///a.txt', 'file:///a'];
    const sources = uris.map((uri) => ({ uri }));
    const { data } = resolve({ model: 'g', baseModel: 'b', data: { kind: 'text', sources } });
    expect(data.sources.map(({ format }) => format)).toEqual(['jsonl', 'parquet', 'csv', 'text', 'jsonl']);
    expect(data.sources.every(({ fields }) => fields['text'] === 'text')).toBe(true);
  });

  test('may ask for approval where the target does not', () => {
    const asked = { model: 'g', preset: 'base', target: 'staging', requester: 'ada', approval: { required: true } };
    expect(resolve(asked).approval.required).toBe(true);
    expect(resolve({ ...asked, approval: {} }).approval.required).toBe(false);
  });

  test('cannot take four eyes away where the target demands them', () => {
    const platform = platformFromYaml('targets: { vault: { approval: { required: true, fourEyes: true } } }', [
      'vault',
    ]);
    const input = { model: 'g', requester: 'ada', baseModel: 'b', data: { sources: [source] } };
    const vault = createSpecResolver(platform);
    expect(vault.resolve(input).approval.fourEyes).toBe(true);
    expect(() => vault.resolve({ ...input, approval: { fourEyes: false } })).toThrow(
      'approval.fourEyes: found false (boolean); expected true, because target "vault" demands four eyes',
    );
  });

  test.each(['quickstart', 'base', 'tiny'])('is every shipped example: %s', (name) => {
    const example: unknown = JSON.parse(readFileSync(repositoryFile(`examples/${name}.json`), 'utf8'));
    expect(resolve(example).preset).toBe(name);
  });
});
