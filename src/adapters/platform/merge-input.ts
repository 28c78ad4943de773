/** A JSON object of unknown content. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Objects are merged field by field; lists, scalars and null of `over` replace what `under` has. */
export function mergeInput(under: Fields, over: Fields): Fields {
  const merged = new Map(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    merged.set(key, isFields(below) && isFields(value) ? mergeInput(below, value) : value);
  }
  return Object.fromEntries(merged);
}

/** A copy with the values at dotted paths (`train.lora.rank`) merged in, in the order they are given. */
export function withChange(root: Fields, change: Fields): Fields {
  return Object.entries(change).reduce(
    (fields, [path, value]) => mergeInput(fields, nested(path.split('.'), value)),
    root,
  );
}

function nested(path: readonly string[], value: unknown): Fields {
  const [head = '', ...rest] = path;
  return { [head]: rest.length === 0 ? value : nested(rest, value) };
}

/** A copy without the value at `at`; inside a list the whole list goes, so that no other entry changes its place. */
export function withoutPath(root: Fields, at: readonly PropertyKey[]): Fields {
  const [head, ...rest] = at;
  const entries = Object.entries(root);
  if (head === undefined || !Object.hasOwn(root, head)) return root;
  return Object.fromEntries(
    entries.flatMap(([key, value]): [string, unknown][] => {
      if (key !== head) return [[key, value]];
      return rest.length > 0 && isFields(value) ? [[key, withoutPath(value, rest)]] : [];
    }),
  );
}
