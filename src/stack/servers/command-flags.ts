/** `{ port: 1 }` → `--port 1`; a list repeats its flag, `true` stands alone. */
export function buildFlags(
  flags: Readonly<Record<string, string | number | true | readonly string[]>>,
): readonly string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    if (value === true) return [`--${name}`];
    const values = typeof value === 'string' || typeof value === 'number' ? [`${value}`] : value;
    return values.flatMap((entry) => [`--${name}`, entry]);
  });
}
