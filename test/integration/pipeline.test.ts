import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

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
});
afterAll(async () => stack.down());

describe('a run on the real stack', () => {
  test('goes from raw text to an answering model', async () => {
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

  test('reuses every stage for a second run and keeps the live version warm', async () => {
    const { runId } = await stack.client.start(input);
    await stack.client.wait(runId);
    const status = await stack.client.status(runId);
    expect(status.stages.slice(0, 4).map(({ state }) => state)).toEqual(['reused', 'reused', 'reused', 'reused']);
    expect((await stack.client.releases(target, model)).live).toMatchObject({ version: 2, resident: [1, 2] });
  });

  test('is rolled back by itself when the smoke test fails, and says which rule', async () => {
    const { runId } = await stack.client.start(misconfigured);
    await expect(stack.client.wait(runId)).rejects.toThrow(
      /version 3: time to first token p95 .* ms is over the bound of 0\.001 ms/u,
    );
    const status = await stack.client.status(runId);
    expect(status.failure?.name).toBe('SmokeTestFailed');
    expect((await stack.client.releases(target, model)).live?.version).toBe(2);
    expect(publishedVersions()).toEqual(['1', '2']);
  });

  test('is taken back by a rollback in less than a second', async () => {
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
  test('is refused for the requester and ends the run when rejected', async () => {
    const { runId } = await stack.client.start({ ...input, target: 'production' });
    await untilWaiting(runId);
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

describe('the same run with artifacts in S3, whose training is killed', () => {
  let server: VersitygwServer;
  let other: StackUnderTest;
  beforeAll(async () => {
    server = await startVersitygw();
    await server.makeBucket('artifacts');
    other = await startStack({ storeUri: 's3://artifacts/windlass', environment: server.environment });
  });
  afterAll(async () => {
    await other.down();
    await server.stop();
  });

  test('goes on from its checkpoint and makes the same bytes', async () => {
    const { runId } = await other.client.start(input);
    await killTraining(other);
    await other.client.wait(runId);
    const status = await other.client.status(runId);
    expect(status.stages.find(({ stage }) => stage === 'train')?.attempts).toBe(2);
    expect(digests(status)).toEqual(digests(firstRun));
  });
});

function digests(run: RunStatus): unknown[] {
  return run.stages.slice(0, 4).map(({ stage, artifact }) => [stage, artifact?.digest]);
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  return response.json();
}

async function untilWaiting(runId: string): Promise<void> {
  while ((await stack.client.status(runId)).phase !== 'awaiting-approval') await pause(200);
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
