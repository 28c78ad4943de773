import { existsSync, openSync, renameSync, statSync } from 'node:fs';

const rotateAtBytes = 10 * 1024 * 1024;
const keptGenerations = 3;

/** Opens a log to append to. One that has grown large is moved to `.1` first (`.1` to `.2`, …). */
export function openLog(file: string): number {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > rotateAtBytes) rotate(file);
  return openSync(file, 'a');
}

function rotate(file: string): void {
  for (let generation = keptGenerations - 1; generation >= 1; generation -= 1) {
    if (existsSync(`${file}.${generation}`)) renameSync(`${file}.${generation}`, `${file}.${generation + 1}`);
  }
  renameSync(file, `${file}.1`);
}
