import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createFakeWorld } from '../fakes/fake-world.ts';
import { failureOf } from './run-handle.ts';
import { releaseIn, startDeploy } from './start-workflow.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('time-skipping');
});
afterAll(async () => lab.close());

describe('a registered version', () => {
  test('goes live after its smoke test, and says who asked for it', async () => {
    const world = createFakeWorld({ live: [1] });
    const { release, smoke } = await lab.inWorld(world, async () =>
      releaseIn(await (await startDeploy(lab, 2)).result()),
    );
    expect(release).toMatchObject({ sequence: 2, version: 2, kind: 'deploy', by: 'ada', resident: [1, 2] });
    expect(smoke?.version).toBe(2);
    expect(world.serving).toEqual({ ready: [1, 2], published: [1, 2], candidate: null });
    expect(world.aliases).toMatchObject({ champion: 2, previous: 1 });
    expect(world.lease()).toBeNull();
  });

  test('that is loaded already is switched to without another smoke test', async () => {
    const world = createFakeWorld({ live: [1, 2] });
    const { smoke } = await lab.inWorld(world, async () => releaseIn(await (await startDeploy(lab, 1)).result()));
    expect(smoke).toBeNull();
    expect(world.calls).not.toContain('publishVersion');
    expect(world.serving.ready).toEqual([1]);
  });

  test('that fails its smoke test ends with the figures, and nothing has changed', async () => {
    const world = createFakeWorld({ live: [1], smokeViolations: ['error rate 0.5 is over the bound of 0'] });
    const failure = await lab.inWorld(world, async () => failureOf(await startDeploy(lab, 2)));
    expect(failure).toEqual({
      name: 'SmokeTestFailed',
      message: 'version 2: error rate 0.5 is over the bound of 0',
    });
    expect(world.serving).toEqual({ ready: [1], published: [1], candidate: null });
    expect(world.releases().map(({ version }) => version)).toEqual([1]);
    expect(world.lease()).toBeNull();
  });

  test('that fails keeps the files that were published before', async () => {
    const world = createFakeWorld({ live: [1, 2], resident: [2], smokeViolations: ['empty answer'] });
    const { name } = await lab.inWorld(world, async () => failureOf(await startDeploy(lab, 1)));
    expect(name).toBe('SmokeTestFailed');
    expect(world.serving).toEqual({ ready: [2], published: [1, 2], candidate: null });
  });

  test('that nobody registered ends before anything is touched', async () => {
    const world = createFakeWorld({ fail: { describeVersion: 'NotFound' } });
    const { name } = await lab.inWorld(world, async () => failureOf(await startDeploy(lab, 9)));
    expect(name).toBe('NotFound');
    expect(world.calls).toEqual(['describeVersion']);
  });
});
