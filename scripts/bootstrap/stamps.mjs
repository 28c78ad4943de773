// A stamp is the hash of what a directory was made from, written into it as the last step: no stamp, not finished.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/**
 * Content hash over files and directories; what does not exist counts as absent, so that its appearance changes the hash.
 * @param {readonly string[]} inputs
 */
export function hashInputs(inputs) {
  const hash = createHash('sha256');
  for (const file of inputs.flatMap(listFiles)) {
    const content = fs.readFileSync(file);
    hash.update(`${file.length} ${file} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/**
 * @param {string} input
 * @returns {string[]}
 */
function listFiles(input) {
  const stat = fs.statSync(input, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [input];
  const names = fs.readdirSync(input).toSorted();
  return names.flatMap((name) => listFiles(path.join(input, name)));
}

/**
 * @param {string} stampFile
 * @param {string} expected
 */
export function isStamped(stampFile, expected) {
  try {
    return fs.readFileSync(stampFile, 'utf8') === expected;
  } catch {
    return false;
  }
}

/**
 * @param {string} stampFile
 * @param {string} value
 */
export function writeStamp(stampFile, value) {
  fs.writeFileSync(stampFile, value);
}

/**
 * npm writes its hidden lock file as the last step of an install: where it names the same packages as the lock, the tree is
 * complete, whoever installed it. Optional packages of other platforms are missing by design.
 * @param {string} packageLock
 * @param {string} nodeModules
 */
export function matchesPackageLock(packageLock, nodeModules) {
  const wanted = readPackages(packageLock);
  const installed = readPackages(path.join(nodeModules, '.package-lock.json'));
  if (wanted === null || installed === null) return false;
  return Object.entries(wanted).every(([name, entry]) => {
    if (name === '') return true;
    const found = installed[name];
    return found === undefined ? entry.optional === true : found.integrity === entry.integrity;
  });
}

/** @typedef {{ integrity?: string, optional?: boolean }} LockedPackage */

/**
 * @param {string} lockFile
 * @returns {Record<string, LockedPackage> | null}
 */
function readPackages(lockFile) {
  try {
    const lock = /** @type {{ packages: Record<string, LockedPackage> }} */ (
      JSON.parse(fs.readFileSync(lockFile, 'utf8'))
    );
    return lock.packages;
  } catch {
    return null;
  }
}
