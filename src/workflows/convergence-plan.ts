import type { PriorState, ReplicaSnapshot, TargetGoal } from '../contracts/serving.ts';

/** What must change so that every replica is what the release log says; all empty: nothing. */
export interface ConvergencePlan {
  /** Versions whose files a replica lacks. */
  readonly publish: readonly number[];
  readonly unloadCandidate: boolean;
  /** Versions to be shown; null: every replica shows just them, and would after a restart. */
  readonly show: readonly number[] | null;
  /** Versions whose files go. */
  readonly remove: readonly number[];
  /** What the target is afterwards. */
  readonly after: PriorState;
}

/** The log alone decides, never what replicas happen to show: they may have been left in the middle of a change, and differ. */
export function planConvergence(goal: TargetGoal, replicas: readonly ReplicaSnapshot[]): ConvergencePlan {
  const { resident, kept } = goal;
  const published = replicas.flatMap(({ publishedVersions }) => publishedVersions);
  const staged = replicas.flatMap(({ stagedVersions }) => stagedVersions);
  return {
    publish: resident.filter((version) => replicas.some((replica) => !replica.publishedVersions.includes(version))),
    unloadCandidate: replicas.some(({ hasCandidate }) => hasCandidate),
    show: replicas.every((replica) => shows(replica, resident)) ? null : resident,
    remove: ascending([...published, ...staged].filter((version) => !kept.includes(version))),
    after: {
      readyVersions: resident,
      publishedVersions: ascending([...published.filter((version) => kept.includes(version)), ...resident]),
    },
  };
}

/** What a deployer that cannot bring the target back goes on from: what all replicas show. Null: they differ. */
export function commonState(replicas: readonly ReplicaSnapshot[]): PriorState | null {
  const [first, ...others] = replicas;
  if (first === undefined || !others.every((replica) => isSame(replica.readyVersions, first.readyVersions)))
    return null;
  const published = replicas.flatMap(({ publishedVersions }) => publishedVersions);
  return { readyVersions: first.readyVersions, publishedVersions: ascending(published) };
}

/** In words for the Temporal UI and the log; empty: nothing is to be done. */
export function describePlan({ publish, unloadCandidate, show, remove }: ConvergencePlan): readonly string[] {
  return [
    ...(publish.length === 0 ? [] : [`publish ${listOf(publish)}`]),
    ...(unloadCandidate ? ['unload the candidate'] : []),
    ...(show === null ? [] : [`show ${listOf(show)}`]),
    ...(remove.length === 0 ? [] : [`remove the files of ${listOf(remove)}`]),
  ];
}

function shows({ readyVersions, desiredVersions }: ReplicaSnapshot, wanted: readonly number[]): boolean {
  return isSame(readyVersions, wanted) && isSame(desiredVersions, wanted);
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.join() === other.join();
}

function ascending(versions: readonly number[]): readonly number[] {
  return [...new Set(versions)].toSorted((one, other) => one - other);
}

function listOf(versions: readonly number[]): string {
  return versions.length === 0 ? 'nothing' : `version ${versions.join(', ')}`;
}
