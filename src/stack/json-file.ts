import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Written beside and renamed: a reader sees the old or the new document, never half of one. */
export function writeJsonFile(file: string, value: unknown): void {
  const aside = `${file}.${process.pid}.tmp`;
  writeFileSync(aside, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(aside, file);
}

/** Null where there is no such file or it is not JSON (left by a crash): the caller starts afresh. */
export function readJsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
