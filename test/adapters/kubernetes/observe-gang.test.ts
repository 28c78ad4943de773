import { isDeepStrictEqual } from 'node:util';
import { array, assert, boolean, constantFrom, integer, nat, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observeJob } from '../../../src/adapters/kubernetes/observe-job.ts';
import { timeOfPods } from '../../../src/adapters/kubernetes/job-times.ts';
import type { JobObservation } from '../../../src/adapters/kubernetes/observation.ts';
import type { PodFields, Seen } from './seen-jobs.ts';
import { about, at, condition, exited, jobObject, podObject, seenJob, waits } from './seen-jobs.ts';

type Fields = ReturnType<typeof podObject>;

const failed = { phase: 'Failed' };
const runs = { running: { startedAt: at(3) } };
const evicted = condition('DisruptionTarget', 'EvictionByEvictionAPI', 'Eviction API: evicting');
const noted = condition('Failed', 'PodFailurePolicy', 'Pod jobs/w-train-1 has condition DisruptionTarget');
const backoff = condition('Failed', 'BackoffLimitExceeded');
const quota = about('Job', 'FailedCreate', 'pods "w-train-1" is forbidden: exceeded quota: gpus');

function gang(conditions: readonly Fields[] = [], spec: Fields = {}): Fields {
  return jobObject({ completions: 2, ...spec }, conditions);
}

function pod(index: number, fields: PodFields = {}): Fields {
  return podObject({ index, container: runs, ...fields });
}

/** A pod that ended with a code, in a second. */
function ended(index: number, [exitCode, second]: readonly [number, number], fields: PodFields = {}): Fields {
  const container = exited(exitCode, exitCode === 0 ? 'Completed' : 'Error', second);
  return pod(index, { status: exitCode === 0 ? { phase: 'Succeeded' } : failed, container, ...fields });
}

function observe(seen: Seen): JobObservation {
  return observeJob(seenJob({ job: gang(), ...seen }));
}

function exit(exitCode: number): JobObservation {
  return { category: 'exited', state: { kind: 'exited', exitCode } };
}

const anyEnd = tuple(constantFrom(0, 1, 65, 70, 74, 75, 137, 139, 143), integer({ min: 4, max: 6 }), boolean());
const anyEnds = array(anyEnd, { minLength: 1, maxLength: 4 });

function podsOf(ends: readonly (readonly [number, number, boolean])[]): readonly Fields[] {
  return ends.map(([exitCode, second, isTaken], index) =>
    ended(index, [exitCode, second], { conditions: isTaken ? [evicted] : [] }),
  );
}

function isOpenBeside(ends: Parameters<typeof podsOf>[0]): boolean {
  const pods = [...podsOf(ends), pod(ends.length)];
  return observe({ job: gang([backoff], { completions: pods.length }), pods }).state.kind === 'running';
}

describe('a job of several pods', () => {
  it('runs when all of its pods do, and has begun with the last of them', () => {
    const later = pod(1, { container: { running: { startedAt: at(8) } } });
    const { pods } = seenJob({ pods: [pod(0), later] });
    expect(observe({ pods: [pod(0), later] })).toEqual({ category: 'running', state: { kind: 'running' } });
    expect(timeOfPods(pods)).toEqual({ startedMs: Date.parse(at(8)), endedMs: null });
    expect(timeOfPods(pods.slice(0, 1))).toEqual({ startedMs: Date.parse(at(3)), endedMs: null });
    expect(timeOfPods(seenJob({ pods: [pod(0), podObject({ index: 1 })] }).pods)).toBeNull();
  });

  it.each<readonly [string, Seen, RegExp]>([
    ['starting', { pods: [pod(0), podObject({ index: 1 })] }, /w-train-1-x7k2p is being started/],
    ['image-pull', { pods: [pod(0), pod(1, { container: waits('ErrImagePull', 'not found') })] }, /not found/],
    ['quota', { pods: [pod(0)], events: [quota] }, /exceeded quota/],
    ['no-pod', { pods: [pod(0)] }, /has not made all pods/],
    ['suspended', { job: gang([], { suspend: true }), pods: [pod(0)] }, /waits for its queue/],
  ])('of which one waits says %s and why', (category, seen, words) => {
    const { state, ...observation } = observe(seen);
    expect(observation).toEqual({ category });
    expect(state).toEqual({ kind: 'queued', reason: expect.stringMatching(words) });
  });

  it.each<readonly [string, string, Seen]>([
    ['starting', 'StartTimedOut', { pods: [pod(0), podObject({ index: 1 })], limits: { startSeconds: 5 } }],
    ['quota', 'QueueTimedOut', { pods: [pod(0)], events: [quota], limits: { queueSeconds: 5 } }],
    ['image-pull', 'InvalidConfig', { pods: [pod(0), pod(1, { container: waits('InvalidImageName', '') })] }],
  ])('of which one has waited for too long is given up as %s, %s', (category, failure, seen) => {
    expect(observe(seen)).toMatchObject({ category, state: { kind: 'lost', failure } });
  });

  it('is held to no limit for a pod that its controller says nothing about', () => {
    const seen = { pods: [pod(0)], limits: { queueSeconds: 5 }, afterSeconds: 900 };
    expect(observe(seen).state.kind).toBe('queued');
    expect(observe({ ...seen, job: gang([backoff]) })).toMatchObject({ category: 'running' });
  });

  it('has ended well when all of its pods have, those that are gone too', () => {
    expect(observe({ pods: [ended(0, [0, 9]), ended(1, [0, 9])] })).toEqual(exit(0));
    expect(observe({ pods: [ended(0, [0, 9]), pod(1)] }).state).toEqual({ kind: 'running' });
    const job = { ...gang(), status: { succeeded: 2 } };
    expect(observe({ job, pods: [ended(0, [0, 9])] })).toEqual(exit(0));
    expect(observe({ pods: [ended(0, [0, 9])] }).state.kind).toBe('queued');
  });

  it.each<readonly [string, Seen]>([
    ['the other runs', { pods: [ended(1, [65, 5]), pod(0)] }],
    ['the other is being ended', { job: gang([backoff]), pods: [ended(1, [65, 5]), pod(0, { deleted: at(40) })] }],
    ['the other waits', { pods: [ended(1, [65, 5]), podObject({ index: 0 })] }],
    ['its Job is gone', { job: null, pods: [ended(1, [65, 5]), pod(0, { deleted: at(40) })] }],
  ])('is not over while one of them may run: %s', (_how, seen) => {
    expect(observe(seen)).toEqual({ category: 'ending', state: { kind: 'running' } });
  });

  it.each<readonly [string, number, readonly Fields[]]>([
    ['the one that is left', 65, [ended(1, [65, 5])]],
    ['the first', 3, [ended(0, [70, 6]), ended(1, [3, 5])]],
    ['one that did badly where the leading one did well', 70, [ended(0, [0, 9]), ended(1, [70, 5])]],
    ['a reason that the contract names, before a crash', 65, [ended(0, [70, 4]), ended(1, [65, 5])]],
    ['a reason that the contract names, before a kill', 74, [ended(0, [137, 4]), ended(1, [74, 5])]],
    ['the crash for which the others were stopped', 139, [ended(0, [75, 9]), ended(1, [139, 5])]],
    ['the crash in the same second', 139, [ended(0, [75, 5]), ended(1, [139, 5])]],
    ['the one that was stopped first', 75, [ended(0, [70, 6]), ended(1, [75, 5])]],
    [
      'the one that the cluster took, whatever became of the other before',
      75,
      [ended(0, [70, 4]), ended(1, [75, 5], { conditions: [evicted] })],
    ],
  ])('ends as %s', (_which, exitCode, pods) => {
    expect(observe({ job: gang([backoff]), pods })).toEqual(exit(exitCode));
  });

  it.each<readonly [string, string, readonly Fields[]]>([
    ['out-of-memory', 'exited', [ended(0, [75, 4]), pod(1, { container: exited(137, 'OOMKilled', 5) })]],
    ['disrupted', 'lost', [ended(0, [70, 4]), ended(1, [137, 5], { conditions: [evicted] })]],
    ['refused-by-node', 'lost', [ended(0, [143, 6]), podObject({ index: 1, status: failed })]],
    ['node-lost', 'lost', [ended(0, [70, 6]), pod(1, { deleted: at(-90) })]],
  ])('ends as %s where that was the cause', (category, kind, pods) => {
    expect(observe({ pods, job: gang([backoff]) })).toMatchObject({ category, state: { kind } });
  });

  it('ends as the same pod in whatever order they are listed', () => {
    const job = gang([backoff], { completions: 4 });
    const isSame = ([ends, turn]: readonly [Parameters<typeof podsOf>[0], number]): boolean => {
      const pods = podsOf(ends);
      const turned = [...pods.slice(turn), ...pods.slice(0, turn)].toReversed();
      return isDeepStrictEqual(observe({ job, pods }), observe({ job, pods: turned }));
    };
    assert(property(tuple(anyEnds, nat(3)), isSame));
  });

  it('is never over while one more may run', () => {
    assert(property(anyEnds, isOpenBeside));
  });

  it('ends as disrupted where only its Job knows of the pod that the cluster took', () => {
    const lost = { category: 'disrupted', state: { kind: 'lost', failure: 'Preempted' } };
    expect(observe({ job: gang([noted]), pods: [] })).toMatchObject(lost);
    expect(observe({ job: gang([noted]), pods: [ended(0, [143, 9])] })).toMatchObject(lost);
    expect(observe({ job: gang([noted]), pods: [ended(0, [75, 9])] })).toEqual(exit(75));
    expect(observe({ job: gang([noted]), pods: [ended(0, [65, 9])] })).toEqual(exit(65));
  });

  it('takes no notice of pods that were put back into the queue, each index by itself', () => {
    const old = [0, 1].map((index) => ended(index, [143, 5], { deleted: at(5) }));
    expect(observe({ job: gang([], { suspend: true }), pods: old }).category).toBe('suspended');
    const resumed = [...old, pod(0, { created: at(20) }), pod(1, { created: at(21) })];
    expect(observe({ pods: resumed }).category).toBe('running');
  });
});
