import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Release } from '../../src/contracts/serving.ts';
import { keptVersions, previousRelease, residentVersions, rollbackGoal } from '../../src/workflows/release-rules.ts';
import { releaseOf } from '../fakes/releases.ts';

function log(...versions: readonly number[]): readonly Release[] {
  return versions.map((version, index) => releaseOf(version, index + 1));
}

describe('versions that are ready after a release', () => {
  test.each([
    ['the first one alone', { version: 1, live: null, ready: [] }, [1]],
    ['a lower live one stays warm beside it', { version: 2, live: 1, ready: [1] }, [1, 2]],
    ['only the live one of several stays', { version: 3, live: 2, ready: [1, 2] }, [2, 3]],
    ['a higher live one goes, for it would answer', { version: 1, live: 2, ready: [1, 2] }, [1]],
    ['what is live in the log alone is not loaded again', { version: 3, live: 2, ready: [] }, [3]],
    ['the same version again', { version: 2, live: 2, ready: [2] }, [2]],
  ])('%s', (_name, state, resident) => {
    expect(residentVersions({ ...state, keepVersions: 1 })).toEqual(resident);
  });

  test('hold no earlier one where none is kept', () => {
    expect(residentVersions({ version: 2, live: 1, ready: [1], keepVersions: 0 })).toEqual([2]);
  });

  test('always have the released one as their highest, and never lose their files', () => {
    const version = fc.integer({ min: 1, max: 6 });
    const world = fc.record({ releases: fc.array(version, { minLength: 1 }), version, keepVersions: fc.nat(3) });
    fc.assert(
      fc.property(world, ({ releases, version: next, keepVersions }) => {
        const resident = residentVersions({
          version: next,
          live: releases.at(-1) ?? null,
          ready: releases,
          keepVersions,
        });
        expect(Math.max(...resident)).toBe(next);
        expect(keptVersions(log(...releases, next), keepVersions)).toEqual(expect.arrayContaining([...resident]));
      }),
    );
  });
});

describe('versions whose files are kept', () => {
  test.each([
    [[1, 2, 3], 1, [2, 3]],
    [[1, 2, 3], 0, [3]],
    [[1, 2, 3], 9, [1, 2, 3]],
    [[1, 2, 1, 3], 1, [1, 3]],
    [[1, 2, 1], 1, [1, 2]],
    [[], 1, []],
  ])('after %j with %i kept: %j', (versions, keepVersions, kept) => {
    expect(keptVersions(log(...versions), keepVersions)).toEqual(kept);
  });
});

describe('the goal of a rollback', () => {
  test('is what was live before, there and back again', () => {
    expect(previousRelease(log(1, 2))?.version).toBe(1);
    expect(rollbackGoal(log(1, 2, 1))?.version).toBe(2);
    expect(rollbackGoal(log(1, 2, 1, 2))?.version).toBe(1);
  });

  test('is not the same version in an older release', () => {
    expect(rollbackGoal(log(1, 2, 2))?.version).toBe(1);
  });

  test('is the newest release of a named version', () => {
    expect(rollbackGoal(log(1, 2, 1, 3), 1)?.sequence).toBe(3);
  });

  test('is nothing where there was nothing', () => {
    expect(rollbackGoal([])).toBeNull();
    expect(rollbackGoal(log(1))).toBeNull();
    expect(rollbackGoal(log(1, 2), 7)).toBeNull();
  });
});
