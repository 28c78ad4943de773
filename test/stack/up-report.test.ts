import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { StackState } from '../../src/contracts/stack-state.ts';
import { readState } from '../../src/stack/state-file.ts';
import { formatEndpoints } from '../../src/stack/up-report.ts';

const folder = mkdtempSync(join(tmpdir(), 'windlass-state-'));
afterAll(() => rmSync(folder, { recursive: true }));

const metricsUrl = 'http://127.0.0.1:9/metrics';
const endpoints = {
  temporalAddress: '127.0.0.1:1',
  temporalUiUrl: 'http://127.0.0.1:2',
  mlflowUrl: 'http://127.0.0.1:3',
  targets: { production: { grpcAddress: '127.0.0.1:4', httpUrl: 'http://127.0.0.1:5', metricsUrl } },
};
const state = {
  schema: 'windlass.stack/v1',
  home: '/srv/home',
  phase: 'ready',
  supervisor: { pid: 1, startTicks: 1 },
  servers: [],
} as const satisfies Partial<StackState>;

it('up says where the metrics of each server and worker are', () => {
  const workers = { 'jobs-worker': { metricsUrl } };
  const lines = formatEndpoints({ ...state, endpoints: { ...endpoints, workers } }).split('\n');
  expect(lines).toContain(`  Triton production  gRPC 127.0.0.1:4, metrics ${metricsUrl}`);
  expect(lines).toContain(`  jobs worker        metrics ${metricsUrl}`);
});

it('the state that an older supervisor wrote is read, though it knows no metrics of workers', () => {
  const file = join(folder, 'state.json');
  writeFileSync(file, JSON.stringify({ ...state, endpoints }));
  expect(readState(file)).toEqual({ ...state, endpoints: { ...endpoints, workers: {} } });
});
