import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createFakeWorld } from '../fakes/fake-world.ts';
import { failureOf } from './run-handle.ts';
import { releaseIn, startRollback } from './start-workflow.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('time-skipping');
});
afterAll(async () => lab.close());

describe('a rollback', () => {
  test('to what was live before is a switch alone while that is loaded', async () => {
    const world = createFakeWorld({ live: [1, 2] });
    const { release } = await lab.inWorld(world, async () => releaseIn(await (await startRollback(lab)).result()));
    expect(world.ended).toEqual([{ kind: 'rollback', outcome: 'released' }]);
    expect(release).toMatchObject({ sequence: 3, version: 1, kind: 'rollback', by: 'ada', resident: [1] });
    expect(world.serving).toEqual({ ready: [1], published: [1, 2], candidate: null });
    expect(world.aliases).toMatchObject({ champion: 1, previous: 2 });
    for (const step of ['checkEngine', 'publishVersion', 'loadCandidate', 'smokeTest'] as const) {
      expect(world.calls).not.toContain(step);
    }
    expect(world.lease()).toBeNull();
  });

  test('goes there and back again', async () => {
    const world = createFakeWorld({ live: [1, 2] });
    await lab.inWorld(world, async () => {
      await (await startRollback(lab)).result();
      await (await startRollback(lab)).result();
    });
    expect(world.releases().map(({ version }) => version)).toEqual([1, 2, 1, 2]);
    expect(world.serving.ready).toEqual([1, 2]);
  });

  test('to a named version whose files are gone publishes them again, without a smoke test', async () => {
    const world = createFakeWorld({ live: [1, 2, 3] });
    Object.assign(world.serving, { ready: [2, 3], published: [2, 3] });
    const { release } = await lab.inWorld(world, async () => releaseIn(await (await startRollback(lab, 1)).result()));
    expect(release.version).toBe(1);
    expect(world.calls).toContain('publishVersion');
    expect(world.calls).not.toContain('smokeTest');
    expect(world.serving.ready).toEqual([1]);
    expect(new Set(world.serving.published)).toEqual(new Set([1, 3]));
  });

  test('that fails brings back what was live, and takes away what it published', async () => {
    const world = createFakeWorld({ live: [1, 2, 3], fail: { verifyRoute: 'EngineRejected' } });
    Object.assign(world.serving, { ready: [2, 3], published: [2, 3] });
    const { name } = await lab.inWorld(world, async () => failureOf(await startRollback(lab, 1)));
    expect(name).toBe('EngineRejected');
    expect(world.serving).toEqual({ ready: [2, 3], published: [2, 3], candidate: null });
    expect(world.releases()).toHaveLength(3);
    expect(world.lease()).toBeNull();
  });

  test.each([
    [[], undefined, 'glossary has no earlier release on production; versions released there: none'],
    [[1], undefined, 'glossary has no earlier release on production; versions released there: 1'],
    [[1, 2], 7, 'glossary has no release of version 7 on production; versions released there: 1, 2'],
  ])('with %j released and %s wanted has nowhere to go, and says what there is', async (live, to, message) => {
    const world = createFakeWorld({ live });
    const failure = await lab.inWorld(world, async () => failureOf(await startRollback(lab, to)));
    expect(failure).toEqual({ name: 'NotFound', message });
    expect(world.calls).toEqual(['findRollbackGoal']);
  });
});
