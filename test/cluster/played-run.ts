import { expect } from 'vitest';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';
import type { StackUnderTest } from '../integration/stack-under-test.ts';
import type { SeenJob } from './seen-jobs.ts';
import { watchJobs } from './seen-jobs.ts';

const input = { model: 'tiny', preset: 'tiny', requester: 'grace' } as const;
export const jobStages = ['build-engine', 'convert', 'evaluate', 'prepare-data', 'train'];

export interface Played {
  readonly status: RunStatus;
  readonly jobs: readonly SeenJob[];
  /** Of the training. */
  readonly log: string;
}

/** Plays a run of the tiny preset to its end, which must be a release, and looks at the Jobs meanwhile. */
export async function playRun(admin: ApiClient, on: StackUnderTest, more: JsonObject = {}): Promise<Played> {
  const sightings = watchJobs(admin);
  const { runId } = await on.client.start({ ...input, ...more });
  const failure = await on.client.wait(runId).then(
    () => '',
    (error: unknown) => String(error),
  );
  sightings.stop();
  const status = await on.client.status(runId);
  expect(failure, status.attention?.logTail ?? '').toBe('');
  const [log, standing] = [await on.windlass('logs', runId, 'train'), await on.windlass('jobs', '--json')];
  expect(log).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(standing.stdout)).toEqual({ jobs: [] });
  return { status, jobs: [...sightings.jobs.values()], log: log.stdout };
}

export function stagesOf(jobs: readonly SeenJob[]): readonly string[] {
  return jobs.map(({ stage }) => stage).toSorted();
}
