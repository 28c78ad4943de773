import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { unservedPlatform } from '../fakes/platforms.ts';
import { freePort } from '../servers/free-port.ts';
import type { MetricFamily } from './prometheus-text.ts';
import { parseExposition } from './prometheus-text.ts';

/* A jobs worker as it is in production, with a Temporal server and nothing to do. */

const main = fileURLToPath(new URL('../../src/workers/jobs-worker.ts', import.meta.url));
const temporal = fileURLToPath(new URL('../../.venv/bin/temporal', import.meta.url));
const started: ChildProcess[] = [];
let folder: string;
let environment: TestWorkflowEnvironment;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windlass-metrics-'));
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: temporal } },
  });
  const platform = unservedPlatform();
  const { address, namespace = 'default' } = environment;
  const served = {
    ...platform,
    temporal: { address, namespace, uiUrl: null },
    store: { uri: pathToFileURL(join(folder, 'store')).href },
    jobs: { ...platform.jobs, directory: join(folder, 'jobs') },
  };
  writeFileSync(join(folder, 'platform.json'), JSON.stringify(served));
});
afterAll(async () => {
  for (const worker of started) if (worker.exitCode === null) worker.kill('SIGKILL');
  await environment.teardown();
  rmSync(folder, { recursive: true, force: true });
});

interface StartedWorker {
  readonly process: ChildProcess;
  /** Until one of its lines has this message; @throws Error where it ends before */
  readonly said: (message: string) => Promise<Readonly<Record<string, unknown>>>;
}

function startWorker(metricsAddress: string): StartedWorker {
  const worker = spawn(process.execPath, [main], {
    env: { ...process.env, WINDLASS_PLATFORM: join(folder, 'platform.json'), WINDLASS_METRICS_ADDRESS: metricsAddress },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(worker);
  const lines: Record<string, unknown>[] = [];
  createInterface({ input: worker.stdout }).on('line', (line) =>
    lines.push(JSON.parse(line) as Record<string, unknown>),
  );
  const said: StartedWorker['said'] = async (message) =>
    vi.waitFor(() => lines.find(({ msg }) => msg === message) ?? fail(lines), { timeout: 60_000, interval: 50 });
  return { process: worker, said };
}

function fail(lines: readonly unknown[]): never {
  throw new Error(`the worker said ${JSON.stringify(lines)}`);
}

async function scrape(address: string): Promise<ReadonlyMap<string, MetricFamily>> {
  const response = await fetch(`http://${address}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/u);
  return parseExposition(await response.text());
}

test('a worker tells Prometheus the figures of the SDK and its own, and does so again at once after it was killed', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const first = startWorker(address);
  await first.said('worker ready');
  await vi.waitFor(async () => expect([...(await scrape(address)).keys()]).toContain('windlass_orphan_jobs'), 10_000);
  const families = await scrape(address);
  expect(families.get('windlass_orphan_jobs')).toMatchObject({
    type: 'gauge',
    samples: [{ labels: { worker: 'jobs' }, value: 0 }],
  });
  expect(families.get('temporal_request_total')).toMatchObject({ type: 'counter' });
  expect(families.get('temporal_request_latency_seconds')).toMatchObject({ type: 'histogram' });
  expect([...families.keys()]).toEqual(
    expect.arrayContaining(['temporal_worker_task_slots_available', 'temporal_num_pollers']),
  );
  first.process.kill('SIGKILL');
  await once(first.process, 'exit');
  const second = startWorker(address);
  await second.said('worker ready');
  expect((await scrape(address)).size).toBeGreaterThan(3);
});

test('a worker whose port is taken says so and ends', async () => {
  const taken = environment.address;
  const worker = startWorker(taken);
  const ended = once(worker.process, 'exit');
  const line = await worker.said('worker failed');
  expect(line).toMatchObject({
    err: { message: expect.stringContaining(`WINDLASS_METRICS_ADDRESS names ${taken}, which cannot be`) as unknown },
  });
  expect(await ended).toEqual([1, null]);
});
