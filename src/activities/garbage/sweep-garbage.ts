import { inParallel } from '../../contracts/in-parallel.ts';
import type { ObjectStore, UnfinishedWrite } from '../../ports/object-store.ts';
import type { Verdict } from './garbage-plan.ts';
import { planGarbage } from './garbage-plan.ts';
import type { ReferenceDependencies } from './references.ts';
import { readReferences } from './references.ts';
import type { StoredItem } from './stored-items.ts';
import { surveyStore, surveyUses } from './survey-store.ts';

export interface SweepOptions {
  readonly youngFromMs: number;
  readonly signal: AbortSignal;
}

const parallelItems = 8;

/**
 * Removes garbage and says what it was. Records go first. A run that takes a record writes down its use and then looks at the record
 * again (stage-plans.ts): either it finds the record gone, or its use is found here, before any artifact goes.
 */
export async function sweepGarbage(
  dependencies: ReferenceDependencies,
  options: SweepOptions,
): Promise<readonly Verdict<{ readonly sizeBytes: number }>[]> {
  const { objects } = dependencies;
  const survey = await surveyStore(objects);
  const references = await readReferences(dependencies);
  const plan = planGarbage(survey, references, options.youngFromMs);
  const records = await removeAll(objects, plan.records, options);
  const uses = await surveyUses(objects);
  const { artifacts } = planGarbage({ ...survey, uses }, references, options.youngFromMs);
  return [
    ...records,
    ...(await removeAll(objects, artifacts, options)),
    ...(await removeAll(objects, plan.others, options)),
    ...(await removeUnfinished(objects, plan.unfinished, options)),
  ];
}

async function removeAll<Item extends StoredItem>(
  objects: ObjectStore,
  verdicts: readonly Verdict<Item>[],
  { signal }: SweepOptions,
): Promise<readonly Verdict<Item>[]> {
  const garbage = verdicts.filter(({ keeper }) => keeper === null);
  await inParallel(garbage, parallelItems, async ({ item }) => {
    for (const key of item.keys) {
      signal.throwIfAborted();
      await objects.delete(key);
    }
  });
  return garbage;
}

async function removeUnfinished(
  objects: ObjectStore,
  verdicts: readonly Verdict<UnfinishedWrite>[],
  { signal }: SweepOptions,
): Promise<readonly Verdict<UnfinishedWrite>[]> {
  const garbage = verdicts.filter(({ keeper }) => keeper === null);
  for (const { item } of garbage) {
    signal.throwIfAborted();
    await objects.removeUnfinished(item.id);
  }
  return garbage;
}
