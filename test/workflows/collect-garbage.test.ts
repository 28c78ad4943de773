import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { GarbageReport } from '../../src/contracts/garbage.ts';
import { collectionOf } from '../../src/workflows/garbage-rules.ts';
import type { FakeWorld } from '../fakes/fake-world.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import { failureOf } from './run-handle.ts';
import { startCollection } from './start-workflow.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('time-skipping');
});
afterAll(async () => lab.close());

async function collect(world: FakeWorld, input: object): Promise<GarbageReport> {
  return lab.inWorld(world, async () => (await startCollection(lab, input)).result());
}

describe('a garbage collection', () => {
  test('only looks, unless it is told to remove', async () => {
    const world = createFakeWorld();
    const report = await collect(world, {});
    expect(report).toMatchObject({ olderThanMs: 86_400_000, garbage: [{ kind: 'artifact', count: 2 }], removed: null });
    expect(world.calls).toEqual(['findGarbage']);
  });

  test('removes what is garbage and says what it was', async () => {
    const world = createFakeWorld();
    const report = await collect(world, { olderThanMs: 3_600_000, dryRun: false });
    expect(report).toMatchObject({ olderThanMs: 3_600_000, removed: [{ kind: 'artifact', count: 2 }] });
    expect(world.calls).toEqual(['findGarbage', 'removeGarbage']);
  });

  test('ends at once with a wrong input, naming the field', async () => {
    const world = createFakeWorld();
    const failure = await lab.inWorld(world, async () => failureOf(await startCollection(lab, { olderThanMs: 5 })));
    expect(failure).toEqual({
      name: 'InvalidSpec',
      message: 'olderThanMs: found 5; expected a whole number of milliseconds from 60000',
    });
    expect(world.calls).toEqual([]);
  });
});

describe('the input of a garbage collection', () => {
  test.each<[unknown, string]>([
    ['all', 'found "all"; expected an object such as {"olderThanMs":86400000,"dryRun":true}'],
    [null, 'found null; expected an object'],
    [{ olderThan: '24h' }, 'olderThan: unknown field; known are olderThanMs, dryRun'],
    [{ olderThanMs: '24h' }, 'olderThanMs: found "24h"; expected a whole number'],
    [{ olderThanMs: 1.5e5 + 0.5 }, 'olderThanMs: found 150000.5; expected a whole number'],
    [{ dryRun: 'no' }, 'dryRun: found "no"; expected true or false'],
  ])('%j is refused in words', (input, problem) => {
    expect(collectionOf(input)).toContain(problem);
  });

  test('has defaults that remove nothing', () => {
    expect(collectionOf({})).toEqual({ olderThanMs: 86_400_000, dryRun: true });
  });
});
