import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { LeaseHolder } from '../../src/contracts/serving.ts';
import type { TargetState } from '../../src/workflows/target-state.ts';
import {
  emptyTarget,
  isHeldBy,
  neededConverger,
  viewOf,
  withFreeze,
  withHolder,
  withoutHolder,
  withoutLostHolder,
  withRelease,
} from '../../src/workflows/target-state.ts';
import { releaseOf } from '../fakes/releases.ts';

const names = { target: 'production', model: 'glossary' };
const at = '2026-01-01T00:00:00.000Z';
const holders: readonly LeaseHolder[] = ['ada', 'bob', 'eve', 'kim'].map((workflowId) => ({ workflowId, runId: '1' }));

type Step =
  | { readonly kind: 'acquire'; readonly holder: LeaseHolder }
  | { readonly kind: 'release'; readonly holder: LeaseHolder; readonly settled: boolean }
  | { readonly kind: 'lose' }
  | { readonly kind: 'commit'; readonly version: number }
  | { readonly kind: 'freeze' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('acquire'), holder: fc.constantFrom(...holders) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('release'),
      holder: fc.constantFrom(...holders),
      settled: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'lose' }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('commit'), version: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'freeze' }) },
);

function next(state: TargetState, taken: Step): TargetState {
  switch (taken.kind) {
    case 'acquire':
      return withHolder(state, taken.holder);
    case 'release':
      return withoutHolder(state, { holder: taken.holder, settled: taken.settled });
    case 'lose':
      return withoutLostHolder(state);
    case 'freeze':
      return withFreeze(state, { by: 'grace', reason: 'quarter end' });
    case 'commit':
      return committed(state, taken.version);
  }
}

function committed(state: TargetState, version: number): TargetState {
  if (state.lease === null) return state;
  const release = { ...releaseOf(version, 0), runId: state.lease.holder.workflowId };
  return withRelease(state, { lease: state.lease, release, at }) ?? state;
}

/** Every state on the way, with the step that led to it. */
function walk(steps: readonly Step[]): readonly (readonly [TargetState, Step, TargetState])[] {
  let state = emptyTarget;
  return steps.map((taken) => {
    const before = state;
    state = next(state, taken);
    return [before, taken, state] as const;
  });
}

function alwaysHolds(rule: (before: TargetState, taken: Step, after: TargetState) => void): void {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      for (const [before, taken, after] of walk(steps)) rule(before, taken, after);
    }),
  );
}

describe('whatever happens to a target', () => {
  test('its token never falls, and grows by one with every new lease', () => {
    alwaysHolds((before, _taken, after) => {
      const isNewLease = after.lease !== null && after.lease.token !== before.lease?.token;
      expect(after.lastToken).toBe(before.lastToken + (isNewLease ? 1 : 0));
      if (after.lease !== null) expect(after.lease.token).toBe(after.lastToken);
    });
  });

  test('nobody has two places, and nobody waits while the lease is free', () => {
    alwaysHolds((_before, _taken, after) => {
      const places = [...after.queue, ...(after.lease === null ? [] : [after.lease.holder])];
      expect(new Set(places.map(({ workflowId }) => workflowId)).size).toBe(places.length);
      if (after.lease === null) expect(after.queue).toEqual([]);
    });
  });

  test('nobody is lost from the queue or overtaken, but by leaving and by a freeze', () => {
    alwaysHolds((before, taken, after) => {
      if (taken.kind === 'freeze') return;
      const leaving = taken.kind === 'release' ? taken.holder : null;
      const stayed = before.queue.filter((holder) => holder !== leaving && !isHeldBy(after, holder));
      expect(after.queue.slice(0, stayed.length)).toEqual(stayed);
      const granted = before.queue.find((holder) => isHeldBy(after, holder));
      if (granted !== undefined) expect(granted).toEqual(before.queue.find((holder) => holder !== leaving));
    });
  });

  test('its releases are numbered 1, 2, … and only the holder adds one', () => {
    alwaysHolds((before, taken, after) => {
      expect(after.releases.map(({ sequence }) => sequence)).toEqual(after.releases.map((_, index) => index + 1));
      if (taken.kind !== 'commit') expect(after.releases).toEqual(before.releases);
    });
  });
});

describe('a release', () => {
  const [ada, bob] = holders as readonly [LeaseHolder, LeaseHolder];
  const held = withHolder(emptyTarget, ada);
  const lease = { token: 1, holder: ada, unsettled: false };

  test('is refused with the token of an earlier lease', () => {
    const later = withHolder(withoutHolder(held, { holder: ada, settled: true }), bob);
    expect(withRelease(later, { lease, release: releaseOf(1, 0), at })).toBeNull();
  });

  test('is in the log once, though its holder tells it again', () => {
    const once = withRelease(held, { lease, release: releaseOf(1, 0), at });
    expect(once?.releases).toHaveLength(1);
    expect(withRelease(once ?? emptyTarget, { lease, release: releaseOf(1, 0), at })).toBe(once);
  });

  test('pushes the oldest out of a log of 200, and numbers go on', () => {
    let state = held;
    for (let index = 1; index <= 205; index++) {
      state = withRelease(state, { lease, release: { ...releaseOf(index, 0), runId: `run-${index}` }, at }) ?? state;
    }
    expect(state.releases).toHaveLength(200);
    expect(state.releases.at(-1)?.sequence).toBe(205);
  });
});

describe('a target that a deployer left half changed', () => {
  const [ada, bob] = holders as readonly [LeaseHolder, LeaseHolder];
  const held = withHolder(emptyTarget, ada);
  const converger = { workflowId: 'converge/production/glossary/2', runId: '1' };

  test('needs a converger, named by the token it will get, while nobody else is there', () => {
    expect(neededConverger(held, names)).toBeNull();
    expect(neededConverger(withoutLostHolder(held), names)).toBe(converger.workflowId);
    expect(neededConverger(withoutLostHolder(withHolder(held, bob)), names)).toBeNull();
    expect(neededConverger(withoutHolder(held, { holder: ada, settled: false }), names)).toBe(converger.workflowId);
    expect(neededConverger(withoutHolder(held, { holder: ada, settled: true }), names)).toBeNull();
  });

  test('tells its next holder, until one says that all is in place', () => {
    const inherited = withoutLostHolder(withHolder(held, bob));
    expect(inherited.lease).toEqual({ token: 2, holder: bob, unsettled: true });
    expect(viewOf(inherited, names).unsettled).toBe(true);
    const after = withHolder(withoutHolder(inherited, { holder: bob, settled: true }), ada);
    expect(after.lease).toEqual({ token: 3, holder: ada, unsettled: false });
    expect(viewOf(after, names).unsettled).toBe(false);
  });

  test('is left to the next deployer when its converger gives up, and gets another one when that was lost', () => {
    const converging = withHolder(withoutLostHolder(held), converger);
    const givenUp = withoutHolder(converging, { holder: converger, settled: false });
    expect(neededConverger(givenUp, names)).toBeNull();
    expect(withHolder(givenUp, bob).lease?.unsettled).toBe(true);
    expect(neededConverger(withoutLostHolder(converging), names)).toBe('converge/production/glossary/3');
  });
});

test('the view shows what is live and what was live before', () => {
  const state: TargetState = { ...emptyTarget, releases: [releaseOf(1, 1), releaseOf(2, 2)] };
  expect(viewOf(state, names)).toMatchObject({ ...names, live: { version: 2 }, previous: { version: 1 }, lease: null });
});
