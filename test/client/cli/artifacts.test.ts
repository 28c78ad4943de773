import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createArtifactStore } from '../../../src/adapters/artifacts/artifact-store.ts';
import { createDirectoryStore } from '../../../src/adapters/directory/object-store.ts';
import { openDirectoryLog } from '../../../src/client/cli/directory-log.ts';
import { copyLog } from '../../../src/client/cli/job-log.ts';
import { openJobLog } from '../../../src/client/cli/open-catalog.ts';
import { runCli } from '../../../src/client/cli/run-cli.ts';
import type { Artifact } from '../../../src/contracts/artifact.ts';
import { shippedPlatform } from '../../adapters/platform/test-platform.ts';
import type { Printed } from './printed.ts';
import { capturePrinted } from './printed.ts';

let folder = '';
let engine: Artifact;
let printed: Printed;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windlass-artifacts-'));
  const uri = pathToFileURL(join(folder, 'store')).href;
  mkdirSync(join(folder, 'engine'));
  writeFileSync(join(folder, 'engine', 'model.py'), 'print("hello")\n');
  writeFileSync(join(folder, 'platform.json'), JSON.stringify({ ...shippedPlatform(), store: { uri } }));
  const store = createArtifactStore(createDirectoryStore(uri));
  const target = { uri: `${uri}/artifacts/engine/1`, kind: 'engine', attributes: { quantization: 'int8' } } as const;
  engine = await store.publish(join(folder, 'engine'), target);
  const record = { stageKey: 'sha256:1', artifact: engine, summary: {}, metrics: {} };
  await store.objects.putIfAbsent('stages/1.json', Buffer.from(JSON.stringify(record)));
  const base = await store.publish(join(folder, 'engine'), {
    ...target,
    uri: `${uri}/artifacts/base-model/1`,
    kind: 'base-model',
  });
  await store.objects.putIfAbsent('models/small.json', Buffer.from(JSON.stringify(base)));
  vi.stubEnv('WINDLASS_HOME', folder);
  printed = capturePrinted();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

async function windlass(...args: readonly string[]): Promise<number | null> {
  return runCli(['node', 'windlass', ...args]);
}

describe('windlass artifacts', () => {
  test('lists what stages made and what was imported', async () => {
    expect(await windlass('artifacts', 'ls', '--json')).toBeNull();
    const { artifacts } = JSON.parse(printed.stdout) as { readonly artifacts: readonly Artifact[] };
    expect(artifacts.map(({ kind, fileCount, sizeBytes }) => [kind, fileCount, sizeBytes])).toEqual([
      ['base-model', 1, 15],
      ['engine', 1, 15],
    ]);
  });

  test('lists one kind', async () => {
    await windlass('artifacts', 'ls', '--kind', 'engine');
    expect(printed.stdout).toMatch(/^engine {2}sha256:[0-9a-f]{12} {2}15 B {2}1 file {2}file:\/\/\/\S+\n$/);
  });

  test('shows a manifest by the first digits of its digest', async () => {
    await windlass('artifacts', 'show', engine.digest.slice(7, 19));
    expect(printed.stdout).toContain(`engine ${engine.digest}`);
    expect(printed.stdout).toContain('"quantization": "int8"');
  });

  test('copies an artifact into a new directory, never over one that is there', async () => {
    const copy = join(folder, 'copy');
    expect(await windlass('artifacts', 'get', engine.digest, copy)).toBeNull();
    expect(readFileSync(join(copy, 'model.py'), 'utf8')).toBe('print("hello")\n');
    expect(await windlass('artifacts', 'get', engine.digest, copy)).toBe(2);
  });

  test('says that nothing has such a digest', async () => {
    expect(await windlass('artifacts', 'show', 'ffffffffffff')).toBe(1);
    expect(printed.stderr).toContain('no artifact has a digest that starts with sha256:ffffffffffff');
  });

  test('refuses files whose bytes differ from their digest', async () => {
    const file = join(folder, 'store', 'artifacts', 'engine', '1', 'model.py');
    rmSync(file);
    writeFileSync(file, 'print("hacked")');
    expect(await windlass('artifacts', 'get', engine.digest, join(folder, 'copy'))).toBe(1);
    expect(printed.stderr).toContain('CorruptArtifact');
  });
});

test('windlass models ls lists names and digests', async () => {
  await windlass('models', 'ls');
  expect(printed.stdout).toMatch(/^small {2}sha256:[0-9a-f]{12} {2}file:\/\//m);
});

describe('the log of a job', () => {
  test('is followed until the job has ended', async () => {
    const directory = join(folder, 'train-1');
    mkdirSync(directory);
    writeFileSync(join(directory, 'log.txt'), 'step 1\n');
    const copied = copyLog({ log: openDirectoryLog(folder, 'train-1'), follow: true, output: process.stdout });
    await vi.waitUntil(() => printed.stdout === 'step 1\n');
    writeFileSync(join(directory, 'log.txt'), 'step 1\nstep 2\n');
    writeFileSync(join(directory, 'exit.json'), '{}');
    await copied;
    expect(printed.stdout).toBe('step 1\nstep 2\n');
  });

  test('on Kubernetes is read from the store, while the job runs and when it has ended', async () => {
    const pieces = join(folder, 'store', 'jobs', 'train-3', 'log', '20261125T100001Z-pod');
    mkdirSync(pieces, { recursive: true });
    writeFileSync(join(pieces, '000000000000.txt'), '2026-11-25T10:00:03.1Z step 1\n');
    const log = await openJobLog({}, 'train-3');
    const copied = copyLog({ log, follow: true, output: process.stdout });
    await vi.waitUntil(() => printed.stdout === 'step 1\n');
    writeFileSync(join(pieces, '000000000007.txt'), '2026-11-25T10:00:03.2Z größer');
    writeFileSync(join(folder, 'store', 'jobs', 'train-3', 'ended.json'), '{}');
    await copied;
    expect(printed.stdout).toBe('step 1\ngrößer');
  });

  test('that is not here is said to be missing', async () => {
    expect(() => openDirectoryLog(folder, 'train-2')).toThrow(expect.objectContaining({ failure: 'NotFound' }));
  });
});
