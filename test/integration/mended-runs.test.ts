import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { WindlassError } from '../../src/client/windlass-client.ts';
import type { StackUnderTest } from './stack-under-test.ts';
import { startStack } from './stack-under-test.ts';

/* Runs on the real stack that a person has to mend: what they were given is wrong, or a stage of theirs fails. */

const input = { model: 'tiny', preset: 'tiny', requester: 'grace' } as const;

let stack: StackUnderTest;

beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack.down());

describe('a run whose training diverges', () => {
  /** Below any loss of a model that has learned nothing yet. */
  const train = { divergence: { maxLoss: 0.5 }, seed: 23 };

  test('is parked, goes on from there with a change, and does nothing before it again', async () => {
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
  });

  test('is forked after it was terminated, and what stands before its stage is reused', async () => {
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
  });
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

function jobsOf(stage: string): string[] {
  return readdirSync(join(stack.home, 'jobs')).filter((name) => name.startsWith(`${stage}-`));
}
