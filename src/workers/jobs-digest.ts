import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { ProcessJobsPlatform } from '../contracts/platform.ts';

/**
 * sha256 over the sources of the jobs' package and the lock of their environment: what a container image's digest says on a cluster.
 * Part of every stage key, so that changed code never reuses old results.
 */
export function jobsDigest({ packageDirectory }: ProcessJobsPlatform): string {
  const hash = createHash('sha256');
  for (const path of sourcePaths(packageDirectory)) {
    hash.update(`${path}\0`);
    hash.update(readFileSync(join(packageDirectory, path)));
  }
  return `sha256:${hash.digest('hex')}`;
}

function sourcePaths(packageDirectory: string): string[] {
  const root = join(packageDirectory, 'windlass_jobs');
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.includes('__pycache__') && statSync(join(root, path)).isFile())
    .map((path) => join('windlass_jobs', path));
  return ['requirements.lock', ...sources].toSorted();
}
