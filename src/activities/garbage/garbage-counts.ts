import type { GarbageReport, KeptCount, StoredCount, StoredKind } from '../../contracts/garbage.ts';
import { keepers, storedKinds } from '../../contracts/garbage.ts';
import type { GarbagePlan, Verdict } from './garbage-plan.ts';

interface Sized {
  readonly sizeBytes: number;
}

/** The plan in figures: of each kind how much is garbage, and how much is kept by what. */
export function countPlan(plan: GarbagePlan): Pick<GarbageReport, 'garbage' | 'kept'> {
  const verdicts: readonly Verdict<Sized>[] = [...plan.artifacts, ...plan.records, ...plan.others, ...plan.unfinished];
  return {
    garbage: countKinds(verdicts.filter(({ keeper }) => keeper === null)),
    kept: keepers.flatMap((by): readonly KeptCount[] =>
      countKinds(verdicts.filter(({ keeper }) => keeper === by)).map((count) => ({ ...count, by })),
    ),
  };
}

export function countKinds(
  items: readonly { readonly kind: StoredKind; readonly item: Sized }[],
): readonly StoredCount[] {
  return storedKinds.flatMap((kind) => {
    const found = items.filter((entry) => entry.kind === kind);
    const sizeBytes = found.reduce((total, { item }) => total + item.sizeBytes, 0);
    return found.length === 0 ? [] : [{ kind, count: found.length, sizeBytes }];
  });
}
