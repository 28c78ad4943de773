import type { Release, TargetGoal } from '../contracts/serving.ts';

/**
 * Versions to be ready once `version` is live. Unversioned requests go to the highest ready one, so only lower versions may stay
 * beside it; the one that was live stays warm, for an instant rollback, unless no earlier version is to be kept.
 */
export function residentVersions(state: {
  readonly version: number;
  readonly live: number | null;
  readonly ready: readonly number[];
  readonly keepVersions: number;
}): readonly number[] {
  const { version, live, ready, keepVersions } = state;
  const staysWarm = keepVersions > 0 && live !== null && live < version && ready.includes(live);
  return staysWarm ? [live, version] : [version];
}

/** Versions whose files stay published: the live one and the `keepVersions` released before it. */
export function keptVersions(releases: readonly Release[], keepVersions: number): readonly number[] {
  const newestFirst = [...new Set(releases.toReversed().map(({ version }) => version))];
  return newestFirst.slice(0, keepVersions + 1).toSorted((a, b) => a - b);
}

/** Every version of the log, in the order of first release. */
export function releasedVersions(releases: readonly Release[]): readonly number[] {
  return [...new Set(releases.map(({ version }) => version))];
}

/** What the log says a target is to be: what its head left ready, and the files for that and for going back. */
export function targetGoal(releases: readonly Release[]): TargetGoal {
  const head = releases.at(-1);
  if (head === undefined) return { resident: [], kept: [] };
  const resident = head.resident.toSorted((a, b) => a - b);
  const kept = new Set([...keptVersions(releases, head.keepVersions), ...resident]);
  return { resident, kept: [...kept].toSorted((a, b) => a - b) };
}

/** The release to go back to: the named version's newest, or the previous one. Null: there is none. */
export function rollbackGoal(releases: readonly Release[], to?: number): Release | null {
  if (to === undefined) return previousRelease(releases);
  return releases.findLast(({ version }) => version === to) ?? null;
}

/**
 * What was live before what is live now. A rollback is not something to go back to: after deploy 1, deploy 2, rollback to 1 the
 * previous release is 2's; after a further rollback it is 1's again.
 */
export function previousRelease(releases: readonly Release[]): Release | null {
  const live = releases.at(-1);
  return releases.toReversed().find(({ version }) => version !== live?.version) ?? null;
}
