import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { KubernetesJobsPlatform } from '../../src/contracts/platform.ts';
import { jobsDigest } from '../../src/workers/jobs-digest.ts';
import { testPlatform } from '../adapters/kubernetes/kubernetes-platform.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windlass-digest-'));
  mkdirSync(join(folder, 'windlass_jobs/evaluate'), { recursive: true });
  mkdirSync(join(folder, 'windlass_jobs/__pycache__'));
  write('requirements.lock', 'torch==2.9.0');
  write('windlass_jobs/__main__.py', 'print()');
  write('windlass_jobs/evaluate/report.css', 'td {}');
  write('windlass_jobs/__pycache__/a.pyc', 'compiled');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  writeFileSync(join(folder, path), text);
}

function digest(): string {
  const elsewhere = { python: 'python', directory: '/jobs', maxParallel: 1 };
  return jobsDigest({ runner: 'process', packageDirectory: folder, ...elsewhere });
}

describe('the digest of the jobs', () => {
  test.each(['requirements.lock', 'windlass_jobs/__main__.py', 'windlass_jobs/evaluate/report.css'])(
    'changes with any byte of %s',
    (path) => {
      const before = digest();
      appendFileSync(join(folder, path), ' ');
      expect(digest()).not.toBe(before);
    },
  );

  test('changes with a new file and with the name of one', () => {
    const digests = [digest()];
    write('windlass_jobs/new.py', '');
    digests.push(digest());
    renameSync(join(folder, 'windlass_jobs/new.py'), join(folder, 'windlass_jobs/newer.py'));
    digests.push(digest());
    expect(new Set(digests).size).toBe(3);
  });

  test('does not change with what Python compiles, with tests, or with the place', () => {
    const before = digest();
    write('windlass_jobs/__pycache__/a.pyc', 'compiled anew');
    mkdirSync(join(folder, 'tests'));
    write('tests/test_a.py', 'assert True');
    expect(digest()).toBe(before);
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    folder = moved;
    expect(digest()).toBe(before);
  });
});

function digestOn(stages: KubernetesJobsPlatform['stages']): string {
  return jobsDigest({ ...testPlatform, stages });
}

test('on a cluster the digest changes with every image that jobs are made of, and with nothing else', () => {
  const digests = [digestOn({}), digestOn({ train: { image: 'a' } }), digestOn({ convert: { image: 'a' } })];
  expect(new Set(digests).size).toBe(3);
  expect(digestOn({ train: { gpus: 2 } })).toBe(digestOn({}));
});
