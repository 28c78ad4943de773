import { describe, expect, it } from 'vitest';
import { observeJob } from '../../../src/adapters/kubernetes/observe-job.ts';
import type { Seen } from './seen-jobs.ts';
import { about, at, condition, exited, jobObject, podObject, seenJob, unscheduled, waits } from './seen-jobs.ts';

const quota =
  'pods "w-train-" is forbidden: exceeded quota: gpus, requested: requests.nvidia.com/gpu=1, used: 8, limited: 8';
const noAccount =
  'pods "w-train-" is forbidden: error looking up service account jobs/windlass-job: serviceaccount "windlass-job" not found';
const denied = 'admission webhook "policy.example" denied the request: images must be signed';
const restricted = 'pods "w-train-" is forbidden: violates PodSecurity "restricted:latest": hostPath volumes';
const noGpu = '0/3 nodes are available: 3 Insufficient nvidia.com/gpu. preemption: 0/3 nodes are available';
const notFound = 'failed to pull image "jobs:9": not found';
const busyRegistry = 'failed to pull image "jobs:9": unexpected status code 429 Too Many Requests';
const noSecret = 'secret "windlass-store" not found';
const preempted = condition(
  'DisruptionTarget',
  'PreemptionByScheduler',
  'preempting to accommodate a higher priority pod',
);
const evicted = condition('DisruptionTarget', 'EvictionByEvictionAPI', 'Eviction API: evicting');
const tainted = condition(
  'DisruptionTarget',
  'DeletionByTaintManager',
  'Taint manager: deleting due to NoExecute taint',
);
const overDeadline = condition('Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline');
const failed = { phase: 'Failed' };
const runs = { running: { startedAt: at(3) } };

/** category, what is seen, words of its reason */
const waiting: readonly (readonly [string, Seen, RegExp])[] = [
  ['no-pod', {}, /no pod yet/],
  ['suspended', { job: jobObject({ suspend: true }) }, /waits for its queue/],
  ['quota', { events: [about('Job', 'FailedCreate', quota)], afterSeconds: 90_000 }, /exceeded quota: gpus/],
  ['missing-service-account', { events: [about('Job', 'FailedCreate', noAccount)] }, /"windlass-job" not found/],
  ['admission-denied', { events: [about('Job', 'FailedCreate', denied)] }, /images must be signed/],
  [
    'no-pod',
    { events: [about('Job', 'FailedCreate', 'etcdserver: request timed out')], afterSeconds: 900 },
    /timed out/,
  ],
  [
    'unschedulable',
    { pods: [unscheduled('Unschedulable', noGpu)], afterSeconds: 9000 },
    /Insufficient nvidia.com\/gpu/,
  ],
  ['gated', { pods: [unscheduled('SchedulingGated', 'blocked by kueue')] }, /kueue/],
  ['starting', { pods: [podObject({ container: waits('ContainerCreating', '') })] }, /is being started/],
  [
    'volume-or-network',
    { pods: [podObject()], events: [about('Pod', 'FailedMount', noSecret)] },
    /FailedMount: secret/,
  ],
  ['volume-or-network', { pods: [podObject()], events: [about('Pod', 'FailedCreatePodSandBox', 'no CNI')] }, /no CNI/],
  ['image-pull', { pods: [podObject({ container: waits('ErrImagePull', notFound) })] }, /not found/],
  [
    'image-pull',
    { pods: [podObject({ container: waits('ImagePullBackOff', busyRegistry) })], afterSeconds: 600 },
    /429/,
  ],
  [
    'image-pull',
    { pods: [podObject({ init: waits('ErrImagePull', notFound), container: waits('PodInitializing', '') })] },
    /not found/,
  ],
  [
    'missing-configuration',
    { pods: [podObject({ container: waits('CreateContainerConfigError', noSecret) })] },
    /windlass-store/,
  ],
  [
    'container-start',
    { pods: [podObject({ container: waits('CreateContainerError', 'context deadline') })] },
    /deadline/,
  ],
];

/** category, failure, what is seen */
const over: readonly (readonly [string, string, Seen])[] = [
  [
    'missing-service-account',
    'InvalidConfig',
    { events: [about('Job', 'FailedCreate', noAccount)], afterSeconds: 121 },
  ],
  ['admission-denied', 'InvalidConfig', { events: [about('Job', 'FailedCreate', denied)], afterSeconds: 121 }],
  ['admission-denied', 'InvalidConfig', { events: [about('Job', 'FailedCreate', restricted)], afterSeconds: 121 }],
  ['image-pull', 'InvalidConfig', { pods: [podObject({ container: waits('ErrImageNeverPull', 'not present') })] }],
  ['image-pull', 'InvalidConfig', { pods: [podObject({ container: waits('InvalidImageName', 'parse') })] }],
  [
    'image-pull',
    'InvalidConfig',
    { pods: [podObject({ container: waits('ImagePullBackOff', notFound) })], afterSeconds: 182 },
  ],
  [
    'image-pull',
    'Unavailable',
    { pods: [podObject({ container: waits('ErrImagePull', busyRegistry) })], afterSeconds: 902 },
  ],
  [
    'missing-configuration',
    'InvalidConfig',
    { pods: [podObject({ container: waits('CreateContainerConfigError', noSecret) })], afterSeconds: 122 },
  ],
  [
    'container-start',
    'JobLost',
    { pods: [podObject({ container: waits('RunContainerError', 'runc') })], afterSeconds: 122 },
  ],
  ['container-start', 'InvalidConfig', { pods: [podObject({ status: failed, container: exited(128, 'StartError') })] }],
  [
    'refused-by-node',
    'JobLost',
    { pods: [podObject({ status: { ...failed, reason: 'UnexpectedAdmissionError', message: 'gpu is unhealthy' } })] },
  ],
  ['refused-by-node', 'JobLost', { pods: [podObject({ status: { ...failed, reason: 'OutOfnvidia.com/gpu' } })] }],
  [
    'out-of-storage',
    'StorageFull',
    {
      pods: [
        podObject({
          status: {
            ...failed,
            reason: 'Evicted',
            message: 'Usage of EmptyDir volume "windlass-work" exceeds the limit "20Gi"',
          },
          container: exited(137),
        }),
      ],
    },
  ],
  [
    'disrupted',
    'Preempted',
    {
      pods: [podObject({ status: { ...failed, reason: 'Evicted', message: 'The node was low on resource: memory.' } })],
    },
  ],
  [
    'disrupted',
    'Preempted',
    {
      pods: [
        podObject({
          status: {
            ...failed,
            reason: 'Terminated',
            message: 'Pod was terminated in response to imminent node shutdown.',
          },
          container: exited(143),
        }),
      ],
    },
  ],
  [
    'disrupted',
    'Preempted',
    { pods: [podObject({ status: failed, container: exited(137), conditions: [preempted] })] },
  ],
  ['disrupted', 'Preempted', { pods: [podObject({ status: failed, container: exited(143), conditions: [evicted] })] }],
  ['disrupted', 'Preempted', { pods: [podObject({ status: failed, container: exited(1), conditions: [tainted] })] }],
  ['node-lost', 'JobLost', { pods: [podObject({ container: runs, deleted: at(40) })], afterSeconds: 101 }],
  ['node-lost', 'JobLost', { pods: [podObject({ status: { ...failed, reason: 'NodeLost' } })] }],
  [
    'refused-by-node',
    'JobLost',
    { pods: [podObject({ status: failed, container: exited(137, 'ContainerStatusUnknown') })] },
  ],
  ['deadline', 'StageTimedOut', { job: jobObject({}, [overDeadline]) }],
  [
    'deadline',
    'StageTimedOut',
    { job: jobObject({}, [overDeadline]), pods: [podObject({ status: failed, container: exited(143) })] },
  ],
  ['deleted', 'JobLost', { job: null }],
  ['deleted', 'JobLost', { job: jobObject({}, [condition('Failed', 'BackoffLimitExceeded')]) }],
];

/** exit code, what is seen */
const exits: readonly (readonly [number, Seen])[] = [
  [0, { pods: [podObject({ status: { phase: 'Succeeded' }, container: exited(0) })] }],
  [0, { job: jobObject({}, [condition('Complete', 'CompletionsReached')]) }],
  [0, { job: jobObject({}, [overDeadline]), pods: [podObject({ container: exited(0) })] }],
  [65, { pods: [podObject({ status: failed, container: exited(65) })] }],
  [70, { job: null, pods: [podObject({ status: failed, container: exited(70) })] }],
  [75, { pods: [podObject({ status: failed, container: exited(75), conditions: [evicted] })] }],
  [137, { pods: [podObject({ status: failed, container: exited(137) })] }],
  [75, { pods: [podObject({ status: { ...failed, reason: 'DeadlineExceeded' }, container: exited(75) })] }],
  [143, { pods: [podObject({ status: failed, container: exited(143), deleted: at(5) })], afterSeconds: 900 }],
];

const going: readonly (readonly [string, Seen])[] = [
  ['running', { pods: [podObject({ status: { phase: 'Running' }, container: runs })] }],
  ['ending', { pods: [podObject({ container: runs, deleted: at(40) })], afterSeconds: 99 }],
  ['ending', { job: null, pods: [podObject({ container: runs, deleted: at(40) })] }],
  ['running', { job: jobObject({}, [overDeadline]), pods: [podObject({ container: runs })] }],
];

describe('a look at a job', () => {
  it.each(waiting)('that waits says %s and why', (category, seen, words) => {
    const { state, ...observation } = observeJob(seenJob(seen));
    expect(observation).toEqual({ category });
    expect(state).toEqual({ kind: 'queued', reason: expect.stringMatching(words) });
    expect(state).toMatchObject({ reason: expect.stringMatching(`^${category}: `) });
  });

  it.each(over)('that is over as %s is a failure of the name %s', (category, failure, seen) => {
    const observation = observeJob(seenJob(seen));
    expect(observation).toMatchObject({ category, state: { kind: 'lost', failure } });
  });

  it.each(exits)('that ended gives its exit code %i', (exitCode, seen) => {
    expect(observeJob(seenJob(seen))).toEqual({ category: 'exited', state: { kind: 'exited', exitCode } });
  });

  it.each([137, 1, 0])('that ran out of memory says so, with exit code %i too', (exitCode) => {
    const pods = [podObject({ container: exited(exitCode, 'OOMKilled') })];
    const state = { kind: 'exited', exitCode, outOfMemory: true };
    expect(observeJob(seenJob({ pods }))).toEqual({ category: 'out-of-memory', state });
  });

  it.each(going)('is %s for as long as its pod may run, whatever its Job says', (category, seen) => {
    expect(observeJob(seenJob(seen))).toEqual({ category, state: { kind: 'running' } });
  });

  it('that was put back into the queue takes no notice of the pod that was stopped for it', () => {
    const pods = [podObject({ status: failed, container: exited(143), deleted: at(5) })];
    expect(observeJob(seenJob({ job: jobObject({ suspend: true }), pods })).category).toBe('suspended');
    const resumed = [...pods, podObject({ container: runs, created: at(20) })];
    expect(observeJob(seenJob({ pods: resumed })).category).toBe('running');
  });

  it('takes the newest event, and none about other objects', () => {
    const older = about('Job', 'FailedCreate', noAccount);
    const newer = { ...about('Job', 'FailedCreate', quota), lastTimestamp: at(5) };
    const foreign = { ...about('Job', 'FailedCreate', denied), lastTimestamp: at(9), involvedObject: { uid: 'other' } };
    expect(observeJob(seenJob({ events: [older, newer, foreign] })).category).toBe('quota');
  });
});
