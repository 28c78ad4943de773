import { describe, expect, it } from 'vitest';
import { observeJob } from '../../../src/adapters/kubernetes/observe-job.ts';
import type { JobState } from '../../../src/contracts/job.ts';
import type { Seen } from './seen-jobs.ts';
import { about, at, condition, jobObject, podObject, seenJob, unscheduled, waits } from './seen-jobs.ts';

const limits = { queueSeconds: 100, startSeconds: 50 };
const quota = about('Job', 'FailedCreate', 'pods "w-train-" is forbidden: exceeded quota: gpus');
const noGpu = unscheduled('Unschedulable', '0/3 nodes are available: 3 Insufficient nvidia.com/gpu');
const noVolume = about('Pod', 'FailedMount', 'configmap "none" not found');
const notFound = podObject({ container: waits('ErrImagePull', 'failed to pull image "jobs:9": not found') });

function suspension(status: 'True' | 'False', since: number): Record<string, unknown> {
  return { ...condition('Suspended', 'JobSuspended'), status, lastTransitionTime: at(since) };
}

/** A Job as its controller has noted that it was suspended, or resumed. */
function noted(spec: Record<string, unknown>, status: 'True' | 'False', since: number): Record<string, unknown> {
  const startTime = status === 'True' ? null : at(since);
  return { ...jobObject(spec), status: { startTime, conditions: [suspension(status, since)] } };
}

function stateOf(seen: Seen, afterSeconds: number): JobState {
  return observeJob(seenJob({ limits, ...seen, afterSeconds })).state;
}

/** what it waits for, failure, what is seen, the second from which on it is too long */
const waitingFor: readonly (readonly [string, string, Seen, number])[] = [
  ['quota', 'QueueTimedOut', { events: [quota] }, 100],
  ['no-pod', 'QueueTimedOut', {}, 100],
  ['unschedulable', 'QueueTimedOut', { pods: [noGpu] }, 100],
  ['gated', 'QueueTimedOut', { pods: [unscheduled('SchedulingGated', 'blocked')] }, 100],
  ['suspended', 'QueueTimedOut', { job: noted({ suspend: true }, 'True', 30) }, 130],
  ['no-pod', 'QueueTimedOut', { job: noted({}, 'False', 30) }, 130],
  ['unschedulable', 'QueueTimedOut', { job: noted({}, 'False', 30), pods: [noGpu] }, 130],
  ['starting', 'QueueTimedOut', { pods: [podObject({ status: { conditions: [] } })] }, 100],
  ['starting', 'StartTimedOut', { pods: [podObject({ container: waits('ContainerCreating', '') })] }, 51],
  ['volume-or-network', 'StartTimedOut', { pods: [podObject()], events: [noVolume] }, 51],
  ['image-pull', 'StartTimedOut', { pods: [notFound] }, 51],
];

describe('a job that waits for too long', () => {
  it.each(waitingFor)('for %s is given up as %s', (...row) => {
    const [category, failure, seen, second] = row;
    expect(stateOf(seen, second - 1)).toMatchObject({ kind: 'queued' });
    const limit =
      failure === 'QueueTimedOut' ? '100 s, which is all that queueSeconds' : '50 s, which is all that startSeconds';
    const reason = expect.stringMatching(`^${category}: for ${limit} allows: `) as string;
    expect(stateOf(seen, second)).toMatchObject({ kind: 'lost', failure, reason });
  });

  it.each(waitingFor)('for %s waits for ever where nothing limits it', (...[, , seen]) => {
    const forEver = { queueSeconds: null, startSeconds: null };
    // The grace of a reason is none of the limits.
    const afterSeconds = seen.pods?.includes(notFound) === true ? 170 : 90_000;
    expect(stateOf({ ...seen, limits: forEver }, afterSeconds)).toMatchObject({ kind: 'queued' });
  });

  it('is judged by the grace of its reason first', () => {
    const late = { pods: [notFound], limits: { ...limits, startSeconds: 400 } };
    expect(stateOf(late, 400)).toMatchObject({ kind: 'lost', failure: 'InvalidConfig' });
  });

  it.each([
    ['was suspended just now, for the first time', { job: jobObject({ suspend: true }) }],
    ['was suspended again just now', { job: noted({ suspend: true }, 'False', 5) }],
    ['was resumed just now', { job: noted({}, 'True', 5) }],
    ['was put back while its pod waited for a node', { job: noted({ suspend: true }, 'False', 5), pods: [noGpu] }],
  ])('begins to wait anew where it %s', (_what, seen) => {
    expect(stateOf(seen, 90_000)).toMatchObject({ kind: 'queued' });
  });

  it('waits since it was made where it was made suspended and nobody has noted it', () => {
    const job = { ...jobObject({ suspend: true }), status: {} };
    expect(stateOf({ job }, 99)).toMatchObject({ kind: 'queued' });
    expect(stateOf({ job }, 100)).toMatchObject({ kind: 'lost', failure: 'QueueTimedOut' });
  });
});
