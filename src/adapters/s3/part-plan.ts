import type { ByteRange } from './crc32.ts';

/** S3 allows 10 000 parts; the rest is left as a margin. */
const mostParts = 9000;

export interface PlannedPart extends ByteRange {
  /** From 1. */
  readonly number: number;
}

/** Cuts a file into equal parts (the last may be shorter) of at least `minPartBytes`. */
export function planParts(sizeBytes: number, minPartBytes: number): readonly PlannedPart[] {
  const partBytes = Math.max(minPartBytes, Math.ceil(sizeBytes / mostParts));
  return Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, index) => ({
    number: index + 1,
    from: index * partBytes,
    to: Math.min(sizeBytes, (index + 1) * partBytes),
  }));
}
