import { Context, heartbeat } from '@temporalio/activity';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { RunStatus } from '../../src/contracts/run-status.ts';
import type { ActivityName, FakeWorld, Faults } from '../fakes/fake-world.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import type { RunHandle } from './run-handle.ts';
import { failureNameOf, startRun, statusOf, untilPhase } from './run-handle.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
});
afterAll(async () => lab.close());

interface Ended {
  readonly world: FakeWorld;
  readonly name: string;
  readonly status: RunStatus;
}

/** A run that is cancelled at the n-th call of an activity; the activity ends as `meanwhile` lets it. */
async function cancelledAt(
  { activity, call = 1 }: Moment,
  meanwhile: () => Promise<void> = async () => {},
): Promise<Ended> {
  let handle: RunHandle | null = null;
  let calls = 0;
  const onCall: Faults['onCall'] = async (name) => {
    if (name !== activity || ++calls !== call) return;
    await handle?.cancel();
    await meanwhile();
  };
  const world = createFakeWorld({ live: [1], onCall });
  return lab.inWorld(world, async () => {
    handle = await startRun(lab);
    return { world, name: await failureNameOf(handle), status: await statusOf(handle) };
  });
}

interface Moment {
  readonly activity: ActivityName;
  readonly call?: number;
}

/** What anybody outside sees of a run that was cancelled in time. */
function expectNothingLeft({ world, name, status }: Ended): void {
  expect({ name, phase: status.phase, failure: status.failure }).toEqual({
    name: 'CancelledFailure',
    phase: 'cancelled',
    failure: null,
  });
  expect(world.serving).toEqual({ ready: [1], published: [1], candidate: null });
  expect(world.releases().map(({ version }) => version)).toEqual([1]);
  expect(world.lease()).toBeNull();
  expect([...world.jobs]).toEqual([]);
  const hasReturned = world.calls.includes('releaseTarget');
  expect(world.ended).toEqual(hasReturned ? [{ kind: 'deploy', outcome: 'cancelled' }] : []);
  if (world.calls.includes('openTrackingRun')) expect(world.trackingStatus()).toBe('KILLED');
}

/** Activities that are ended by the cancellation; all others are seen through. */
const endedEarly: ReadonlySet<ActivityName> = new Set(['awaitJob', 'acquireTarget', 'smokeTest']);

/** Where the cancellation reaches the run before the activity's answer, and where after it, both are right. */
const moments: readonly (readonly [ActivityName, number, string, string?])[] = [
  ['resolveRun', 1, 'before its first stage', 'in prepare-data'],
  ['openTrackingRun', 1, 'in prepare-data'],
  ['planStage', 1, 'in prepare-data'],
  ['submitJob', 1, 'in prepare-data'],
  ['awaitJob', 1, 'in prepare-data'],
  ['collectJob', 1, 'in train'],
  ['submitJob', 2, 'in train'],
  ['awaitJob', 2, 'in train'],
  ['allocateVersion', 1, 'after train', 'in convert'],
  ['awaitJob', 3, 'in convert'],
  ['awaitJob', 4, 'in build-engine'],
  ['findLiveRelease', 1, 'after build-engine', 'in evaluate'],
  ['awaitJob', 5, 'in evaluate'],
  ['tagVersion', 1, 'after evaluate', 'in deploy'],
  ['acquireTarget', 1, 'in deploy'],
  ['takeOver', 1, 'in deploy'],
  ['checkEngine', 1, 'in deploy'],
  ['publishVersion', 1, 'in deploy'],
  ['loadCandidate', 1, 'in deploy', 'in smoke-test'],
  ['smokeTest', 1, 'in smoke-test'],
  ['unloadCandidate', 1, 'in deploy'],
  ['showVersions', 1, 'in deploy'],
  ['verifyRoute', 1, 'in deploy'],
];

describe('a run that is cancelled', () => {
  test.each(moments.map(([activity, call, ...points]) => ({ activity, call, points })))(
    'at $activity (call $call) leaves nothing behind and says where it stopped: $points',
    async ({ activity, call, points }) => {
      const ended = await cancelledAt({ activity, call }, endedEarly.has(activity) ? untilCancelled : undefined);
      expectNothingLeft(ended);
      expect(points).toContain(ended.status.stopped);
    },
  );

  test('while it waits for a decision ends at once', async () => {
    const world = createFakeWorld({ live: [1], approvalRequired: true });
    const ended = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await untilPhase(handle, 'awaiting-approval');
      await handle.cancel();
      return { world, name: await failureNameOf(handle), status: await statusOf(handle) };
    });
    expectNothingLeft(ended);
    expect(ended.status.stopped).toBe('while it waited for a decision');
  });

  test.each(['commitRelease', 'alignAliases', 'retireVersions', 'releaseTarget'] as const)(
    'at %s comes too late: the release stands, and all that follows from it is done',
    async (activity) => {
      const { world } = await cancelledAt({ activity });
      expect(world.serving).toEqual({ ready: [1, 2], published: [1, 2], candidate: null });
      expect(world.releases().map(({ version }) => version)).toEqual([1, 2]);
      expect(world.aliases).toEqual({ champion: 2, previous: 1 });
      expect(world.lease()).toBeNull();
    },
  );
});

describe('a deployment that takes longer than it may', () => {
  test.each([
    ['publishVersion', { deploy: 1 }, 'deploy took longer than 1 s, which timeouts.deploy allows; it was stopped'],
    ['showVersions', { deploy: 1 }, 'deploy took longer than 1 s, which timeouts.deploy allows; it was stopped'],
    [
      'smokeTest',
      { 'smoke-test': 1 },
      'smoke-test took longer than 1 s, which timeouts.smoke-test allows; it was stopped',
    ],
  ] as const)('at %s is undone', async (activity, timeouts, message) => {
    let calls = 0;
    const onCall: Faults['onCall'] = async (name) => {
      if (name === activity && ++calls === 1) await untilCancelled();
    };
    const world = createFakeWorld({ live: [1], timeouts, onCall });
    const status = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      expect(await failureNameOf(handle)).toBe('StageTimedOut');
      return statusOf(handle);
    });
    expect(status.failure).toMatchObject({ name: 'StageTimedOut', message });
    expect(world.serving).toEqual({ ready: [1], published: [1], candidate: null });
    expect(world.lease()).toBeNull();
  });
});

/** An activity that heartbeats, and gives in to a cancellation. */
async function untilCancelled(): Promise<void> {
  for (;;) {
    heartbeat();
    await Context.current().sleep(100);
  }
}
