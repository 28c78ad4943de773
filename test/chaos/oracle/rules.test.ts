import { expect, test } from 'vitest';

import { releaseOf } from '../../fakes/releases.ts';
import { runStatus } from '../../fakes/run-statuses.ts';
import type { FaultCell, FaultKind, FaultStage } from '../plan/fault.ts';
import type { RunStory } from './expected-ending.ts';
import { allowedEndings, wordOf } from './expected-ending.ts';
import type { CaseFacts, JobStart, ReplicaFacts, RunFacts, TargetFacts } from './facts.ts';
import { judgeCase } from './rules.ts';

const workflowId = 'case-1-run';
const plain: RunStory = { scenario: 'plain', struck: [faultOf('kill')], sawServingOutage: false, workersLost: 1 };

function faultOf(kind: FaultKind, stage: FaultStage = 'train'): FaultCell {
  return { point: 'job-runner.submit', stage, when: 'before', kind };
}

function startOf(output: string): JobStart {
  return { stage: 'train', runId: workflowId, stageKey: 'sha256:5a', jobName: 'train-1', output, pid: 7 };
}

const goodRun: RunFacts = {
  workflowId,
  ending: { status: 'COMPLETED', failure: null },
  status: runStatus({
    version: 2,
    links: { MLflow: 'http://127.0.0.1/run' },
    stages: [{ stage: 'train', state: 'done', attempts: 2 }],
  }),
  versions: [2],
  trackingStatuses: ['FINISHED'],
  artifactProblems: [],
  starts: [startOf('out/1'), startOf('out/2')],
  leftovers: [],
};

const goodReplica: ReplicaFacts = {
  name: 'solo-0',
  ready: [1, 2],
  candidates: [],
  published: [1, 2],
  strayFiles: [],
  answering: 2,
};

const releases = [releaseOf(1, 1), { ...releaseOf(2, 2), resident: [1, 2], runId: workflowId }];

const goodTarget: TargetFacts = {
  view: {
    target: 'solo',
    model: 'm',
    live: releases[1] ?? null,
    previous: releases[0] ?? null,
    releases,
    lease: null,
    queue: [],
    frozen: null,
    goal: { resident: [1, 2], kept: [1, 2] },
    unsettled: false,
  },
  replicas: [goodReplica],
  aliases: { champion: 2, previous: 1 },
};

function judge(facts: Partial<CaseFacts>, story = plain): readonly string[] {
  const all: CaseFacts = { runs: [goodRun], target: goodTarget, ...facts };
  const stories = new Map([[workflowId, story]]);
  return judgeCase('case 1', all, stories).map(({ rule, expected, found }) => `${rule}: ${expected} ≠ ${found}`);
}

const holder = { workflowId, runId: 'r' };

test('a run that is as it must be has no violation', () => {
  expect(judge({})).toEqual([]);
});

test.each<[string, Partial<RunFacts>, string]>([
  [
    'ended otherwise',
    { ending: { status: 'FAILED', failure: { name: 'Unexpected', message: 'a defect' } } },
    'case-1-run ends as it must: COMPLETED ≠ FAILED Unexpected: a defect',
  ],
  ['did not end', { ending: { status: 'RUNNING', failure: null } }, 'case-1-run ends as it must: COMPLETED ≠ RUNNING'],
  [
    'started a job twice',
    { starts: [startOf('out/1'), startOf('out/2'), startOf('out/2')] },
    'case-1-run: one job for each stage and attempt: one start for out/2 ≠ 2 starts',
  ],
  [
    'started more jobs than attempts',
    { starts: [startOf('out/1'), startOf('out/2'), startOf('out/3')] },
    'case-1-run: one job for each attempt of train: 1 to 2 jobs ≠ 3 jobs',
  ],
  ['has two versions', { versions: [2, 3] }, 'case-1-run has one model version: 2 ≠ 2, 3'],
  [
    'left its tracking run open',
    { trackingStatuses: ['RUNNING'] },
    'case-1-run has one closed tracking run: FINISHED ≠ RUNNING',
  ],
  [
    'made a damaged artifact',
    { artifactProblems: ['a/b is missing'] },
    'case-1-run: artifacts complete and digest-true: none ≠ a/b is missing',
  ],
  [
    'left a process',
    { leftovers: ['process 7 of train-1'] },
    'case-1-run: no process or scratch of its jobs: none ≠ process 7 of train-1',
  ],
])('a run that %s is found', (_what, change, violation) => {
  expect(judge({ runs: [{ ...goodRun, ...change }] })).toContain(violation);
});

test('a run whose worker was lost at every attempt is told from one whose server was away', () => {
  const message = 'publishVersion did not answer (activity Heartbeat timeout): its worker died';
  expect(wordOf({ status: 'FAILED', failure: { name: 'Unavailable', message } })).toBe(
    'FAILED Unavailable (workers lost)',
  );
  expect(wordOf({ status: 'FAILED', failure: { name: 'Unavailable', message: 'away' } })).toBe('FAILED Unavailable');
});

test('a failed run in the release log, and a released one that is not, are found', () => {
  const failed: RunFacts = { ...goodRun, ending: { status: 'FAILED', failure: { name: 'StorageFull', message: '' } } };
  expect(judge({ runs: [failed] })).toContain('case-1-run in the release log: 0 entries ≠ 1 entries');
  const unlogged = { ...goodTarget, view: { ...goodTarget.view, releases: [] } };
  expect(judge({ target: unlogged })).toContain('case-1-run in the release log: 1 entries ≠ 0 entries');
});

test.each<[string, Partial<ReplicaFacts>, string]>([
  ['shows other versions', { ready: [1] }, 'ready versions are those of the log on replica solo-0: 1, 2 ≠ 1'],
  ['kept a candidate', { candidates: ['3 READY'] }, 'no candidate is left on replica solo-0: none ≠ 3 READY'],
  [
    'kept the files of a version',
    { published: [1, 2, 3] },
    'published versions are those that are kept on replica solo-0: 1, 2 ≠ 1, 2, 3',
  ],
  ['has a staged file', { strayFiles: ['x'] }, 'no stray file on replica solo-0: none ≠ x'],
  ['lets users reach another', { answering: 1 }, 'users reach the live version on replica solo-0: 2 ≠ 1'],
])('a replica that %s is found', (_what, change, violation) => {
  expect(judge({ target: { ...goodTarget, replicas: [goodReplica, { ...goodReplica, ...change }] } })).toEqual([
    violation,
  ]);
});

test.each<[string, TargetFacts, string]>([
  [
    'a lease that is held',
    { ...goodTarget, view: { ...goodTarget.view, lease: { token: 3, holder, unsettled: false } } },
    'the lease is free: free ≠ held by case-1-run',
  ],
  [
    'somebody who waits',
    { ...goodTarget, view: { ...goodTarget.view, queue: [holder] } },
    'nobody waits in the queue: none ≠ case-1-run',
  ],
  ['an alias that lags behind', { ...goodTarget, aliases: { champion: 1, previous: 1 } }, 'alias champion: 2 ≠ 1'],
  [
    'an alias of the version before',
    { ...goodTarget, aliases: { champion: 2, previous: null } },
    'alias previous: 1 ≠ null',
  ],
])('%s is found', (_what, target, violation) => {
  expect(judge({ target })).toEqual([violation]);
});

test.each<[RunStory, readonly string[]]>([
  [plain, ['COMPLETED']],
  [{ ...plain, struck: [faultOf('storage-full')] }, ['FAILED StorageFull']],
  [{ ...plain, struck: [faultOf('cancel')] }, ['COMPLETED', 'CANCELLED']],
  [{ ...plain, struck: [faultOf('kill'), faultOf('zombie')] }, ['TERMINATED']],
  [{ ...plain, struck: [faultOf('unavailable')] }, ['COMPLETED']],
  [{ ...plain, struck: [faultOf('unavailable', 'smoke-test')] }, ['FAILED SmokeTestFailed']],
  [{ ...plain, scenario: 'smoke-misses' }, ['FAILED SmokeTestFailed']],
  [{ ...plain, workersLost: 4 }, ['COMPLETED', 'FAILED Unavailable (workers lost)']],
  [
    { ...plain, sawServingOutage: true },
    ['COMPLETED', 'FAILED Unavailable', 'FAILED VerificationFailed', 'FAILED SmokeTestFailed'],
  ],
])('%o may end as %o', (story, endings) => {
  expect(allowedEndings(story)).toEqual(endings);
});
