/**
 * Runs `action` over all items, at most `limit` at a time, and gives the results in the order of the items. After the first failure
 * nothing new is begun; it is thrown when what was under way has ended, so that nothing runs on behind the caller's back.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  action: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return;
      results[index] = await action(item);
    }
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, () =>
    work().catch((error: unknown) => failures.push(error)),
  );
  await Promise.all(workers);
  if (failures.length > 0) throw failures[0];
  return results;
}
