import { createSpecResolver } from '../../src/adapters/platform/spec-resolver.ts';
import { buildJobDocument } from '../../src/activities/job-document.ts';
import type { Artifact, ArtifactKind, Digest } from '../../src/contracts/artifact.ts';
import type { StageRecord } from '../../src/contracts/job.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { JobKind } from '../../src/contracts/stage.ts';
import { shippedPlatform } from '../adapters/platform/test-platform.ts';
import type { Faults, FakeWorld } from './fake-world.ts';
import { createFakeWorld } from './fake-world.ts';

const storeUri = 'file:///opt/windlass/.windlass/store';
const resolver = createSpecResolver(shippedPlatform());

/** A fake world whose answers are as long as those of a real run of the preset `quickstart`: for what the size of a history is about. */
export function createRealShapedWorld(faults: Faults = {}): FakeWorld {
  const world = createFakeWorld(faults);
  const { activities } = world;
  return {
    ...world,
    activities: {
      ...activities,
      resolveRun: async (request) => ({
        ...(await activities.resolveRun(request)),
        spec: resolver.resolve({ preset: 'quickstart', ...request.input }),
        specUri: `${storeUri}/runs/${request.runId}/spec-${hex('5').slice(0, 16)}.json`,
        specDigest: digest('5'),
        baseModel: {
          uri: `${storeUri}/artifacts/base-model/${hex('b').slice(0, 16)}/import-1`,
          digest: digest('b'),
          kind: 'base-model',
        },
        jobsDigest: digest('c'),
        links: { temporal: 'http://127.0.0.1:41603' },
      }),
      planStage: async (request) => ({
        ...(await activities.planStage(request)),
        stageKey: digest(stageDigits[request.stage]),
      }),
      submitJob: async (request) => {
        await activities.submitJob(request);
        const { jobName, output } = buildJobDocument(request, storeUri);
        return { name: jobName, id: '24476-9925812', outputUri: output.uri };
      },
      collectJob: async ({ stage, stageKey, handle }) => ({
        kind: 'succeeded',
        record: { stageKey, ...recordOf(stage, handle.outputUri) },
      }),
    },
  };
}

const stageDigits: Readonly<Record<JobKind, string>> = {
  'prepare-data': '1',
  train: '2',
  convert: '3',
  'build-engine': '4',
  evaluate: '6',
  'import-model': '7',
};

const kinds: Readonly<Record<JobKind, ArtifactKind>> = {
  'prepare-data': 'dataset',
  train: 'checkpoint',
  convert: 'weights',
  'build-engine': 'engine',
  evaluate: 'report',
  'import-model': 'base-model',
};

function recordOf(stage: JobKind, uri: string): Omit<StageRecord, 'stageKey'> {
  const artifact: Artifact = {
    uri,
    digest: digest(stageDigits[stage]),
    kind: kinds[stage],
    sizeBytes: 538_090_408,
    fileCount: 11,
  };
  return { artifact, ...reports[stage] };
}

/** What the real jobs reported. */
const reports: Readonly<Record<JobKind, Pick<StageRecord, 'summary' | 'metrics'>>> = {
  'prepare-data': {
    summary: {
      leftOver: 79_213,
      rejected: counts(
        'empty too-short too-long low-quality repetitive exact-duplicate near-duplicate too-many-tokens not-utf8-text',
        1_204,
      ),
      repaired: 12,
      splits: { train: 1720, validation: 80, test: 200 },
      steps: counts('ingest clean exactDedup nearDedup select tokenize', 82_115),
      tokens: { train: tokenFigures(), validation: tokenFigures(), test: tokenFigures() },
    },
    metrics: counts('rows_kept rows_read rows_test rows_train rows_validation', 82_115),
  },
  train: {
    summary: {
      base: digest('b'),
      dataset: digest('1'),
      method: 'lora',
      resumedFromStep: null,
      seed: 17,
      steps: 40,
      tokens: 12_480,
      trainLoss: { first: 4.2265, last: 2.5586 },
      validationLoss: { first: 4.3008, last: 3.1335 },
    },
    metrics: { train_loss: 2.558556, validation_loss: 3.13348 },
  },
  convert: {
    summary: { precision: 'fp32', runtime: 'openvino', weightsBytes: 538_090_408 },
    metrics: { weights_bytes: 538_090_408 },
  },
  'build-engine': {
    summary: {
      compressSeconds: 16.2,
      engineBytes: 138_146_525,
      parity: { checkpointPerplexity: 25.66, enginePerplexity: 25.69, items: 16, ratio: 1.001 },
      quantization: 'int8',
      runtime: 'openvino',
    },
    metrics: { engine_bytes: 138_146_525, parity_ratio: 1.0009789862547511 },
  },
  evaluate: {
    summary: {
      verdict: 'inconclusive',
      reasons: [
        '100 held-out items',
        'perplexity 23.8, the base model has 61.2',
        'the interval of the difference to the live version, -0.012 to 0.083, holds the margin of -0.05',
        '2 of 2 tasks passed',
      ],
      candidate: scores(),
      base: scores(),
      incumbent: scores(),
      comparison: {
        against: 'incumbent',
        meanDelta: 0.0312345678901,
        low: -0.0123456789012,
        high: 0.0834567890123,
        items: 100,
      },
    },
    metrics: { candidate_perplexity: 23.824068393105865, candidate_tokens_per_second: 515.4143686711997 },
  },
  'import-model': { summary: {}, metrics: {} },
};

function scores(): JsonObject {
  return { perplexity: 23.824068393105865, taskPassRate: 1, tokensPerSecond: 515.4143686711997 };
}

function tokenFigures(): JsonObject {
  return { items: 1720, total: 124_803, mean: 72.5598837, p50: 68, p95: 121, max: 128, labels: 81_204 };
}

function counts(names: string, count: number): Record<string, number> {
  return Object.fromEntries(names.split(' ').map((name) => [name, count]));
}

function hex(digit: string): string {
  return digit.repeat(64);
}

function digest(digit: string): Digest {
  return `sha256:${hex(digit)}`;
}
