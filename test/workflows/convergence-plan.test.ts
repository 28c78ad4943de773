import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { ReplicaSnapshot, TargetGoal } from '../../src/contracts/serving.ts';
import { commonState, describePlan, planConvergence } from '../../src/workflows/convergence-plan.ts';
import { targetGoal } from '../../src/workflows/release-rules.ts';
import { releaseOf } from '../fakes/releases.ts';

/** The goal of a log of these versions, whose head left `resident` ready. */
function goalOf(versions: readonly number[], resident: readonly number[], keepVersions = 1): TargetGoal {
  return targetGoal(versions.map((version, index) => ({ ...releaseOf(version, index + 1), keepVersions, resident })));
}

/** A replica that shows what the log says, but for what is named. */
function replica(changes: Partial<ReplicaSnapshot> = {}): ReplicaSnapshot {
  return {
    replica: 'a',
    readyVersions: [1, 2],
    desiredVersions: [1, 2],
    publishedVersions: [1, 2],
    stagedVersions: [],
    hasCandidate: false,
    ...changes,
  };
}

const goal = goalOf([1, 2], [1, 2]);

describe('what must change', () => {
  const cases: readonly (readonly [string, readonly ReplicaSnapshot[], readonly string[]])[] = [
    ['nothing, where every replica shows the head of the log', [replica(), replica()], []],
    [
      'all of a deployer that died after it had published',
      [replica({ publishedVersions: [1, 2, 3] })],
      ['remove the files of version 3'],
    ],
    [
      'all of a deployer that died while it published',
      [replica({ stagedVersions: [3] })],
      ['remove the files of version 3'],
    ],
    [
      'all of a deployer that died with its candidate loaded',
      [replica({ publishedVersions: [1, 2, 3], hasCandidate: true })],
      ['unload the candidate', 'remove the files of version 3'],
    ],
    [
      'all of a deployer that died after the switch, before the commit',
      [replica({ readyVersions: [2, 3], desiredVersions: [2, 3], publishedVersions: [1, 2, 3] })],
      ['show version 1, 2', 'remove the files of version 3'],
    ],
    [
      'all of a deployer that died after the commit, before it retired old versions',
      [replica({ publishedVersions: [0, 1, 2] })],
      ['remove the files of version 0'],
    ],
    [
      'one replica of two that the switch did not reach',
      [replica(), replica({ readyVersions: [2, 3], desiredVersions: [2, 3] })],
      ['show version 1, 2'],
    ],
    ['a server that came up empty', [replica({ readyVersions: [] })], ['show version 1, 2']],
    ['a server that would come up empty', [replica({ desiredVersions: [] })], ['show version 1, 2']],
    [
      'a repository that was lost',
      [replica(), replica({ readyVersions: [], publishedVersions: [] })],
      ['publish version 1, 2', 'show version 1, 2'],
    ],
  ];
  test.each(cases)('%s', (_name, replicas, changes) => {
    expect(describePlan(planConvergence(goal, replicas))).toEqual(changes);
  });

  test('a target that nobody has released to ends with nothing loaded', () => {
    const found = replica({ readyVersions: [1], desiredVersions: [1], publishedVersions: [1], hasCandidate: true });
    const plan = planConvergence(goalOf([], []), [found]);
    expect(describePlan(plan)).toEqual(['unload the candidate', 'show nothing', 'remove the files of version 1']);
    expect(plan.after).toEqual({ readyVersions: [], publishedVersions: [] });
    expect(describePlan(planConvergence(goalOf([], []), [replica({ ...plan.after, desiredVersions: [] })]))).toEqual(
      [],
    );
  });

  test('after a rollback the higher version goes, and its files stay for the way forward', () => {
    const rolledBack = goalOf([1, 2, 1], [1]);
    const { show, remove } = planConvergence(rolledBack, [replica()]);
    expect({ show, remove }).toEqual({ show: [1], remove: [] });
  });
});

const version = fc.integer({ min: 1, max: 6 });
const versions = fc.uniqueArray(version, { maxLength: 4 }).map((found) => found.toSorted((a, b) => a - b));
const snapshot: fc.Arbitrary<ReplicaSnapshot> = fc.record({
  replica: fc.constantFrom('a', 'b'),
  readyVersions: versions,
  desiredVersions: versions,
  publishedVersions: versions,
  stagedVersions: versions,
  hasCandidate: fc.boolean(),
});

test('whatever the replicas show, carrying out the plan leaves nothing to do, and takes nothing away that is shown', () => {
  fc.assert(
    fc.property(fc.array(version, { maxLength: 6 }), fc.array(snapshot, { minLength: 1 }), (released, replicas) => {
      const head = released.at(-1);
      const wanted = goalOf(released, head === undefined ? [] : [head], 2);
      const plan = planConvergence(wanted, replicas);
      expect(plan.remove.filter((removed) => plan.after.readyVersions.includes(removed))).toEqual([]);
      const after = replicas.map((before) => carriedOut(plan, before));
      expect(describePlan(planConvergence(wanted, after))).toEqual([]);
      expect(commonState(after)?.readyVersions).toEqual(plan.after.readyVersions);
    }),
  );
});

function carriedOut(plan: ReturnType<typeof planConvergence>, before: ReplicaSnapshot): ReplicaSnapshot {
  const published = new Set([...before.publishedVersions, ...plan.publish]);
  const shown = plan.show === null ? {} : { readyVersions: plan.show, desiredVersions: plan.show };
  return {
    ...before,
    ...shown,
    hasCandidate: before.hasCandidate && !plan.unloadCandidate,
    publishedVersions: [...published].filter((entry) => !plan.remove.includes(entry)).toSorted((a, b) => a - b),
    stagedVersions: before.stagedVersions.filter((entry) => !plan.remove.includes(entry)),
  };
}

describe('what all replicas show', () => {
  test('is what a deployer goes on from that cannot bring the target back', () => {
    const other = replica({ publishedVersions: [1, 2, 3] });
    expect(commonState([replica(), other])).toEqual({ readyVersions: [1, 2], publishedVersions: [1, 2, 3] });
  });

  test('is nothing where they differ', () => {
    expect(commonState([replica(), replica({ readyVersions: [2] })])).toBeNull();
  });
});
