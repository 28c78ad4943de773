import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { RunStatus } from '../../src/contracts/run-status.ts';
import { WindlassError } from '../../src/client/windlass-client.ts';
import type { VersitygwServer } from '../servers/versitygw.ts';
import { startVersitygw } from '../servers/versitygw.ts';
import type { StackUnderTest } from './stack-under-test.ts';
import { startStack } from './stack-under-test.ts';

/*
 * The whole way on the real stack, with a model so small that the servers' own time is most of it. Stack A keeps its artifacts in a
 * directory, stack B in a real S3 server; what they make from the same input must be the same bytes.
 */

const target = 'staging';
const model = 'tiny';
const input = { model, preset: 'tiny', requester: 'grace' } as const;
/** No server answers that fast: the smoke test must miss its bound. */
const misconfigured = { ...input, smokeTest: { sla: { ttftP95Ms: 0.001 } } };

let stack: StackUnderTest;
let firstRun: RunStatus;

beforeAll(async () => {
  stack = await startStack();
}, 240_000);
afterAll(async () => stack.down(), 180_000);

describe('a run on the real stack', () => {
  test('goes from raw text to an answering model', { timeout: 600_000 }, async () => {
    const { runId } = await stack.client.start(input);
    const result = await stack.client.wait(runId);
    firstRun = await stack.client.status(runId);
    expect(result.version).toBe(1);
    expect(firstRun.stages.map(({ state }) => state)).toEqual(Array.from({ length: 7 }, () => 'done'));
    const answer = await stack.windlass('ask', '--target', target, '--model', model, '--json', 'Define the noun "ba".');
    expect(answer.exitCode).toBe(0);
    expect(JSON.parse(answer.stdout)).toMatchObject({ version: 1 });
  });

  test('leaves its version, lineage, aliases and curves in MLflow', async () => {
    const url = `${stack.state.endpoints.mlflowUrl}/api/2.0/mlflow`;
    const version = await getJson(`${url}/model-versions/get?name=${model}&version=1`);
    const tags = new Map(
      (version as { model_version: { tags: { key: string; value: string }[] } }).model_version.tags.map(
        ({ key, value }) => [key, value],
      ),
    );
    const engine = firstRun.stages.find(({ stage }) => stage === 'build-engine')?.artifact?.digest;
    expect(tags.get('windlass.engine.digest')).toBe(engine);
    expect(tags.get('windlass.dataset.digest')).toMatch(/^sha256:/u);
    const champion = await getJson(`${url}/registered-models/alias?name=${model}&alias=champion-staging`);
    expect(champion).toMatchObject({ model_version: { version: '1' } });
    const runId = firstRun.links['MLflow']?.split('/').at(-1) ?? '';
    const curve = await getJson(`${url}/metrics/get-history?run_id=${runId}&metric_key=train/train_loss`);
    expect((curve as { metrics: unknown[] }).metrics).toSatisfy((points: unknown[]) => points.length > 3);
  });

  test('reuses every stage for a second run and keeps the live version warm', { timeout: 300_000 }, async () => {
    const { runId } = await stack.client.start(input);
    await stack.client.wait(runId);
    const status = await stack.client.status(runId);
    expect(status.stages.slice(0, 4).map(({ state }) => state)).toEqual(['reused', 'reused', 'reused', 'reused']);
    expect((await stack.client.releases(target, model)).live).toMatchObject({ version: 2, resident: [1, 2] });
  });

  test('is rolled back by itself when the smoke test fails, and says which rule', { timeout: 300_000 }, async () => {
    const { runId } = await stack.client.start(misconfigured);
    await expect(stack.client.wait(runId)).rejects.toThrow(
      /version 3: time to first token p95 .* ms is over the bound of 0\.001 ms/u,
    );
    const status = await stack.client.status(runId);
    expect(status.failure?.name).toBe('SmokeTestFailed');
    expect((await stack.client.releases(target, model)).live?.version).toBe(2);
    expect(publishedVersions()).toEqual(['1', '2']);
  });

  test('is taken back by a rollback in less than a second', { timeout: 180_000 }, async () => {
    const beganMs = performance.now();
    const outcome = await stack.client.rollback({ target, model, requester: 'ops' });
    const tookMs = performance.now() - beganMs;
    expect(outcome).toMatchObject({ kind: 'released', release: { version: 1, kind: 'rollback', by: 'ops' } });
    expect(tookMs).toBeLessThan(5_000);
    const releases = await stack.windlass('releases', '--target', target, '--model', model, '--json');
    expect(JSON.parse(releases.stdout)).toMatchObject({ live: { version: 1 }, previous: { version: 2 } });
  });
});

describe('approval on a target that demands it', () => {
  test('is refused for the requester and ends the run when rejected', { timeout: 300_000 }, async () => {
    const { runId } = await stack.client.start({ ...input, target: 'production' });
    await untilPhase(runId, 'awaiting-approval');
    const own = await stack.windlass('approve', runId, '--as', 'grace');
    expect(own.exitCode).toBe(1);
    expect(own.stderr).toContain("another person's decision");
    const rejected = await stack.windlass('reject', runId, '--as', 'ada', '--comment', 'not yet');
    expect(rejected.exitCode).toBe(0);
    const failure = await stack.client.wait(runId).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WindlassError);
    expect((failure as WindlassError).message).toContain('ada rejected the release: not yet');
  });
});

describe('a run whose training diverges', () => {
  /** Below any loss of a model that has learned nothing yet. */
  const train = { divergence: { maxLoss: 0.5 }, seed: 23 };

  test(
    'is parked, goes on from there with a change, and does nothing before it again',
    { timeout: 600_000 },
    async () => {
      const { runId } = await stack.client.start({ ...input, train });
      await expect(stack.client.wait(runId)).rejects.toMatchObject({ failure: 'RunParked' });
      const parked = await stack.client.status(runId);
      expect(parked.attention).toMatchObject({ stage: 'train', failure: { name: 'TrainingDiverged' } });
      expect(parked.attention?.logTail).toContain('TrainingDiverged');
      expect(jobsOf('train').filter((job) => !existsSync(join(stack.home, 'jobs', job, 'exit.json')))).toEqual([]);

      const wrong = await stack.windlass('retry', runId, '--stage', 'train', '--set', 'train.divergence.maxLoss=0');
      expect(wrong).toMatchObject({ exitCode: 1 });
      expect(wrong.stderr).toContain('train.divergence.maxLoss: found 0 (number); expected a number from 0.1 to');

      const preparations = jobsOf('prepare-data');
      const set = ['--set', 'train.divergence.maxLoss=50'];
      const retried = await stack.windlass('retry', runId, '--stage', 'train', ...set, '--as', 'ada', '--json');
      expect(JSON.parse(retried.stdout)).toMatchObject({ by: 'ada', set: { 'train.divergence.maxLoss': 50 } });
      await stack.client.wait(runId);
      const status = await stack.client.status(runId);
      expect(status).toMatchObject({ phase: 'released', repairs: [{ by: 'ada' }] });
      expect(status.stages.find(({ stage }) => stage === 'train')).toMatchObject({ state: 'done', attempts: 2 });
      expect(jobsOf('prepare-data')).toEqual(preparations);
    },
  );

  test(
    'is forked after it was terminated, and what stands before its stage is reused',
    { timeout: 600_000 },
    async () => {
      const { runId: origin } = await stack.client.start({ ...input, train: { ...train, seed: 29 } });
      await expect(stack.client.wait(origin)).rejects.toMatchObject({ failure: 'RunParked' });
      await stack.terminate(origin);
      const set = ['--set', 'train.divergence.maxLoss=50'];
      const forked = await stack.windlass('fork', origin, '--from', 'train', ...set, '--wait', '--json');
      expect(forked.exitCode).toBe(0);
      const { runId } = JSON.parse(forked.stdout) as { readonly runId: string };
      const status = await stack.client.status(runId);
      expect(status.fork).toEqual({ run: origin, from: 'train' });
      expect(status.stages.slice(0, 2).map(({ state }) => state)).toEqual(['reused', 'done']);
    },
  );
});

describe('wrong input', () => {
  test('ends at once, naming every wrong field', async () => {
    const failure = await stack.client
      .start({ ...input, trian: {}, data: { split: { train: 2 } } })
      .catch((error: unknown) => error);
    expect((failure as WindlassError).issues?.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['trian', 'data.split.train']),
    );
  });
});

describe('the same run with artifacts in S3, whose training is killed', () => {
  let server: VersitygwServer;
  let other: StackUnderTest;
  beforeAll(async () => {
    server = await startVersitygw();
    await server.makeBucket('artifacts');
    other = await startStack({ storeUri: 's3://artifacts/windlass', environment: server.environment });
  }, 240_000);
  afterAll(async () => {
    await other.down();
    await server.stop();
  }, 180_000);

  test('goes on from its checkpoint and makes the same bytes', { timeout: 600_000 }, async () => {
    const { runId } = await other.client.start(input);
    await killTraining(other);
    await other.client.wait(runId);
    const status = await other.client.status(runId);
    expect(status.stages.find(({ stage }) => stage === 'train')?.attempts).toBe(2);
    expect(digests(status)).toEqual(digests(firstRun));
  });
});

function jobsOf(stage: string): string[] {
  return readdirSync(join(stack.home, 'jobs')).filter((name) => name.startsWith(`${stage}-`));
}

function digests(run: RunStatus): unknown[] {
  return run.stages.slice(0, 4).map(({ stage, artifact }) => [stage, artifact?.digest]);
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  return response.json();
}

async function untilPhase(runId: string, phase: RunStatus['phase']): Promise<void> {
  while ((await stack.client.status(runId)).phase !== phase) await pause(200);
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

function publishedVersions(): string[] {
  const folder = join(stack.home, 'serving', target, 'models', model);
  return readdirSync(folder)
    .filter((name) => /^\d+$/u.test(name))
    .toSorted();
}

/** kill -9 of the first training attempt, once it has saved a checkpoint. */
async function killTraining({ home }: StackUnderTest): Promise<void> {
  const jobs = join(home, 'jobs');
  for (;;) {
    const job = readdirSync(jobs).find((name) => name.startsWith('train-'));
    if (job !== undefined && /"step": (?:[3-9]\d|1\d\d)\b/u.test(progressOf(join(jobs, job)))) {
      const { pid } = JSON.parse(readFileSync(join(jobs, job, 'started.json'), 'utf8')) as { pid: number };
      return void execFileSync('kill', ['-9', String(pid)]);
    }
    await pause(50);
  }
}

function progressOf(job: string): string {
  try {
    return readFileSync(join(job, 'progress.jsonl'), 'utf8');
  } catch {
    return '';
  }
}
