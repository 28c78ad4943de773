/** The known name that a typing mistake most likely meant; null when none is near. */
export function nearestName(written: string, known: readonly string[]): string | null {
  const limit = Math.max(1, Math.floor(written.length / 3));
  let best: { readonly name: string; readonly distance: number } | null = null;
  for (const name of written.length > 60 ? [] : known) {
    const distance = editDistance(written.toLowerCase(), name.toLowerCase());
    if (distance <= limit && distance < (best?.distance ?? Infinity)) best = { name, distance };
  }
  return best?.name ?? null;
}

/** Optimal string alignment distance: a swap of neighbours costs one. */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      current.push(cellCost({ left, right, row, column, current, last, beforeLast }));
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? 0;
}

interface Cell {
  readonly left: string;
  readonly right: string;
  readonly row: number;
  readonly column: number;
  readonly current: readonly number[];
  readonly last: readonly number[];
  readonly beforeLast: readonly number[];
}

function cellCost({ left, right, row, column, current, last, beforeLast }: Cell): number {
  const same = left[row - 1] === right[column - 1];
  const replaced = (last[column - 1] ?? 0) + (same ? 0 : 1);
  const cost = Math.min(replaced, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
  const swapped = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
  return swapped ? Math.min(cost, (beforeLast[column - 2] ?? 0) + 1) : cost;
}
