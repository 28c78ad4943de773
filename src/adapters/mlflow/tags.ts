/** Marks what belongs to a Windlass run, on tracking runs and model versions alike. */
export const runTag = 'windlass.run';
/** Where the artifact of a model version is, and the digest of its manifest. */
export const sourceUriTag = 'windlass.source.uri';
export const sourceDigestTag = 'windlass.source.digest';

const maxTagChars = 5000;

export interface MlflowTag {
  readonly key: string;
  readonly value: string;
}

/** Values over 5000 characters are cut: MLflow refuses them. */
export function buildTags(tags: Readonly<Record<string, string>>): MlflowTag[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value: value.slice(0, maxTagChars) }));
}

/** A search filter; MLflow knows no escape, so the quote is chosen that the value does not hold. */
export function buildTagFilter(tag: string, value: string): string {
  const quote = value.includes("'") ? '"' : "'";
  return `tags.\`${tag}\` = ${quote}${value}${quote}`;
}

/** Pieces of at most `size`, in order. */
export function inBatches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
