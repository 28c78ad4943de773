import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { JobsPlatform, KubernetesJobsPlatform } from '../contracts/platform.ts';

/**
 * sha256 over the sources of the jobs' package and the lock of their environment, or on a cluster over the images that hold both.
 * Part of every stage key, so that changed code never reuses old results.
 */
export function jobsDigest(jobs: JobsPlatform): string {
  return jobs.runner === 'kubernetes' ? imagesDigest(jobs) : sourcesDigest(jobs.packageDirectory);
}

/** Over the names of all images: one by digest changes with its content, any other must never change its content. */
function imagesDigest({ defaults, stages }: KubernetesJobsPlatform): string {
  const images = Object.entries(stages).flatMap(([stage, { image }]) =>
    image === undefined ? [] : [`${stage}=${image}`],
  );
  const text = [defaults.image, ...images.toSorted()].join('\n');
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

function sourcesDigest(packageDirectory: string): string {
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
