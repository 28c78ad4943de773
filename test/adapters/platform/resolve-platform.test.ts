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

describe('jobs on Kubernetes', () => {
  const targets = ['production', 'staging'];
  const image = `registry.example/jobs@sha256:${'a'.repeat(64)}`;

  test('need no more than an image; a stage has only what it sets itself', () => {
    const yaml = `jobs: { runner: kubernetes, kubeconfig: ./kube, defaults: { image: "${image}" }, stages: { train: { gpus: 1 } } }`;
    const platform = platformFromYaml(yaml, targets);
    expect(platform.jobs).toMatchObject({
      runner: 'kubernetes',
      kubeconfig: '/data/kube',
      namespace: 'windlass-jobs',
      queue: null,
      defaults: { image, serviceAccount: 'windlass-job', memory: '4Gi', gpus: 0, pod: {} },
    });
    expect(platform.jobs).toHaveProperty('defaults.nodes', 1);
    expect(platform.jobs).toHaveProperty('stages', { train: { gpus: 1 } });
    expect(parsePlatform(JSON.stringify(platform))).toEqual(platform);
  });

  test('may have several nodes where they train', () => {
    const platform = platformFromYaml(`${withDefaults('gpus: 8')}\n  stages: { train: { nodes: 4 } }`, targets);
    expect(platform.jobs).toHaveProperty('stages', { train: { nodes: 4 } });
    expect(parsePlatform(JSON.stringify(platform))).toEqual(platform);
  });

  test.each([
    ['jobs: { runner: nomad }', 'jobs.runner: found "nomad" (string); expected one of "process", "kubernetes"'],
    ['jobs: { maxParalel: 2 }', 'jobs.maxParalel: unknown field; did you mean "maxParallel"?'],
    ['jobs: { runner: kubernetes, defaults: {} }', 'jobs.defaults.image: found nothing; expected an image'],
    [withDefaults('memory: lots'), 'jobs.defaults.memory: found "lots" (string); expected a quantity of Kubernetes'],
    [withDefaults('runAsUser: 0'), 'jobs.defaults.runAsUser: found 0 (number); expected a whole number from 1'],
    [
      withDefaults('environment: { AWS_SECRET_ACCESS_KEY: x }'),
      'jobs.defaults.environment: found an object; expected values',
    ],
    [withDefaults('pod: { containers: [] }'), 'jobs.defaults.pod.containers: unknown field'],
    [
      withDefaults('pod: { tolerations: [spot] }'),
      'jobs.defaults.pod.tolerations[0]: found "spot" (string); expected an object',
    ],
    [withDefaults('nodes: 2'), 'jobs.defaults.nodes: found 2 (number); expected 1: a training alone is made for more'],
    [
      `${withDefaults('gpus: 1')}\n  stages: { train: { nodes: 2 }, evaluate: { nodes: 2 } }`,
      'jobs.stages.evaluate.nodes: found 2 (number); expected 1: a training alone is made for more',
    ],
    [
      `${withDefaults('gpus: 1')}\n  stages: { train: { nodes: 0 } }`,
      'jobs.stages.train.nodes: found 0 (number); expected a whole number from 1 to 1000',
    ],
    [`${withDefaults('gpus: 1')}\n  stages: { trian: {} }`, 'jobs.stages.trian: unknown field; did you mean "train"?'],
    [
      `${withDefaults('gpus: 1')}\n  stages: { train: { gpuz: 1 } }`,
      'jobs.stages.train.gpuz: unknown field; did you mean "gpus"?',
    ],
  ])('are refused with the wrong field named: %s', (yaml, message) => {
    expect(() => platformFromYaml(yaml, targets)).toThrow(message);
  });
});

function withDefaults(fields: string): string {
  return `jobs:\n  runner: kubernetes\n  defaults: { image: "jobs:1", ${fields} }`;
}

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
