import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { ActivityName, FakeWorld, Faults } from '../fakes/fake-world.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import { failureNameOf } from './run-handle.ts';
import { releaseIn, startConverge, startDeploy } from './start-workflow.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
});
afterAll(async () => lab.close());

/** Calls that change what servers show or hold. */
const changes: readonly ActivityName[] = ['publishVersion', 'unloadCandidate', 'showVersions', 'unpublishVersion'];

/** A deployer of version 2 over version 1 that is terminated when `step` begins; its late call comes after `follow`. */
async function terminatedAt(step: ActivityName, follow: () => Promise<unknown>): Promise<FakeWorld> {
  const reached = Promise.withResolvers<void>();
  const late = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let isDead = false;
  const onCall: Faults['onCall'] = async (name) => {
    if (name !== step || isDead) return;
    isDead = true;
    reached.resolve();
    await late.promise;
    queueMicrotask(ended.resolve);
  };
  const world = createFakeWorld({ live: [1], onCall });
  await lab.inWorld(world, async () => {
    const deployer = await startDeploy(lab, 2);
    await reached.promise;
    await deployer.terminate('a test');
    world.loseHolder();
    await follow();
    late.resolve();
    await ended.promise;
  });
  return world;
}

const beforeCommit = [
  'takeOver',
  'checkEngine',
  'publishVersion',
  'loadCandidate',
  'smokeTest',
  'unloadCandidate',
  'showVersions',
  'verifyRoute',
  'commitRelease',
] as const satisfies readonly ActivityName[];

const afterCommit = ['alignAliases', 'retireVersions', 'releaseTarget'] as const satisfies readonly ActivityName[];

describe('a target whose deployer was terminated', () => {
  test.each(beforeCommit)('at %s is brought back to what was live, and refuses its late call', async (step) => {
    const world = await terminatedAt(step, async () => (await startConverge(lab)).result());
    expect(world.serving).toEqual({ ready: [1], published: [1], candidate: null });
    expect(world.releases().map(({ version }) => version)).toEqual([1]);
    expect(world.aliases).toEqual({ champion: 1, previous: null });
    expect(world.lease()).toBeNull();
  });

  test.each(afterCommit)('at %s keeps its release, and what follows from it is done', async (step) => {
    const world = await terminatedAt(step, async () => (await startConverge(lab)).result());
    expect(world.serving).toEqual({ ready: [1, 2], published: [1, 2], candidate: null });
    expect(world.releases().map(({ version }) => version)).toEqual([1, 2]);
    expect(world.aliases).toEqual({ champion: 2, previous: 1 });
    expect(world.lease()).toBeNull();
  });

  test('in the middle of the switch is brought back by the next deployer before it begins', async () => {
    const world = await terminatedAt('verifyRoute', async () => {
      const { release } = releaseIn(await (await startDeploy(lab, 3)).result());
      expect(release).toMatchObject({ sequence: 2, version: 3, resident: [1, 3] });
    });
    expect(world.serving).toEqual({ ready: [1, 3], published: [1, 3], candidate: null });
    expect(world.aliases).toEqual({ champion: 3, previous: 1 });
  });
});

describe('a target that is as its log says', () => {
  test('is left alone: no server is asked to change anything', async () => {
    const world = createFakeWorld({ live: [1] });
    const outcome = await lab.inWorld(world, async () => (await startConverge(lab)).result());
    expect(outcome).toEqual({ changes: [], state: { readyVersions: [1], publishedVersions: [1] } });
    expect(world.calls.filter((name) => changes.includes(name))).toEqual([]);
    expect(world.lease()).toBeNull();
  });
});

describe('a target whose live version does not load any more', () => {
  const broken = { live: [1], fail: { showVersions: 'EngineRejected' }, failures: 1 } as const;

  test('is given up by its converger, which says why', async () => {
    const world = createFakeWorld(broken);
    world.serving.ready = [];
    world.activities.takeOver = alwaysEmpty(world);
    const name = await lab.inWorld(world, async () => failureNameOf(await startConverge(lab)));
    expect(name).toBe('EngineRejected');
    expect(world.ended).toEqual([null]);
    expect(world.lease()).toBeNull();
  });

  test('does not bar the way of the version that mends it', async () => {
    const world = createFakeWorld(broken);
    world.serving.ready = [];
    world.activities.takeOver = alwaysEmpty(world);
    const { release } = await lab.inWorld(world, async () => releaseIn(await (await startDeploy(lab, 2)).result()));
    expect(release).toMatchObject({ version: 2, resident: [2] });
    expect(world.serving.ready).toEqual([2]);
  });
});

/** The load failed on the server: nothing became ready by it. */
function alwaysEmpty({ activities }: FakeWorld): FakeWorld['activities']['takeOver'] {
  const honest = activities.takeOver.bind(activities);
  return async (request) => {
    const snapshots = await honest(request);
    return snapshots.map((snapshot) => ({ ...snapshot, readyVersions: [], desiredVersions: [] }));
  };
}
