// One set-up at a time in a clone. The lock file is made complete by link(2), so nobody ever reads half of it; one that a dead
// process left is taken over.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 250;

/** @typedef {{ pid: number, startTicks: number | null }} Owner */

/**
 * @template T
 * @param {string} lockFile
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function withLock(lockFile, action) {
  fs.mkdirSync(path.dirname(lockFile), { recursive: true });
  await acquire(lockFile);
  try {
    return await action();
  } finally {
    fs.rmSync(lockFile, { force: true });
  }
}

/** @param {string} lockFile */
async function acquire(lockFile) {
  let announced = false;
  while (!tryLink(lockFile)) {
    const owner = readOwner(lockFile);
    if (owner !== null && !isRunning(owner)) {
      takeAway(lockFile);
      continue;
    }
    if (!announced)
      process.stderr.write(`windlass set-up: waiting for the set-up of process ${owner?.pid ?? '?'} in this clone\n`);
    announced = true;
    await sleep(pollMs);
  }
}

/** @param {string} lockFile */
function tryLink(lockFile) {
  const own = `${lockFile}.${process.pid}`;
  fs.writeFileSync(own, JSON.stringify({ pid: process.pid, startTicks: startTicks(process.pid) }));
  try {
    fs.linkSync(own, lockFile);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    return false;
  } finally {
    fs.rmSync(own, { force: true });
  }
}

/**
 * Two waiters may both see the dead owner, and the slower one may catch the lock of the faster one: it puts that back.
 * @param {string} lockFile
 */
function takeAway(lockFile) {
  const aside = `${lockFile}.stale.${process.pid}`;
  try {
    fs.renameSync(lockFile, aside);
  } catch {
    return;
  }
  const owner = readOwner(aside);
  if (owner !== null && isRunning(owner)) fs.linkSync(aside, lockFile);
  fs.rmSync(aside, { force: true });
}

/**
 * @param {string} lockFile
 * @returns {Owner | null}
 */
function readOwner(lockFile) {
  try {
    return /** @type {Owner} */ (JSON.parse(fs.readFileSync(lockFile, 'utf8')));
  } catch {
    return null;
  }
}

/** @param {Owner} owner */
function isRunning(owner) {
  return startTicks(owner.pid) !== null && startTicks(owner.pid) === owner.startTicks;
}

/**
 * Field 22 of /proc/<pid>/stat; the command name before it may contain spaces and parentheses. Null for a process that has ended,
 * also where nobody waited for it.
 * @param {number} pid
 * @returns {number | null}
 */
function startTicks(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return 'ZX'.includes(state) ? null : Number(fields[18]);
  } catch {
    return null;
  }
}
