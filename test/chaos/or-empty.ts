/** What is looked at from outside may be gone between two looks: it has nothing then. */
export function orEmpty<Item>(list: () => readonly Item[]): readonly Item[] {
  try {
    return list();
  } catch {
    return [];
  }
}
