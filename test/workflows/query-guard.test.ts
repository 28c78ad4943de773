import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { WorkflowHandle } from '@temporalio/client';
import { Client } from '@temporalio/client';
import { DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { messages, targetWorkflowId } from '../../src/contracts/names.ts';
import type { Lease, TargetModel, TargetView } from '../../src/contracts/serving.ts';
import type { TargetGate } from '../../src/ports/target-gate.ts';
import { queryAgain } from '../../src/protocols/temporal/query-again.ts';
import { createTargetGate } from '../../src/workers/target-gate.ts';
import { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import type { LonelyWorker } from './lonely-worker.ts';
import { draftOf, holderNamed, newTarget } from './target-lab.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab, workflowsPath } from './workflow-lab.ts';

const program = fileURLToPath(new URL('lonely-worker.ts', import.meta.url));
const [ada, bob] = [holderNamed('ada'), holderNamed('bob')];

let lab: WorkflowLab;
let folder: string;
let bundle: string;
const workers = new Map<string, ChildProcess>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windlass-lonely-'));
  bundle = join(folder, 'bundle.js');
  const [opened, { code }] = await Promise.all([
    openWorkflowLab('dev-server'),
    bundleWorkflows({ workflowsPath, logger: new DefaultLogger('ERROR') }),
  ]);
  lab = opened;
  writeFileSync(bundle, code);
});
afterAll(async () => {
  for (const worker of workers.values()) worker.kill('SIGKILL');
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

async function startWorker(identity: string): Promise<void> {
  const options: LonelyWorker = { address: lab.environment.address, bundle, identity };
  const worker = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  workers.set(identity, worker);
  await once(worker.stdout, 'data');
}

async function until(isReached: () => Promise<boolean>): Promise<void> {
  while (!(await isReached())) await delay(20);
}

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

async function eventsOf(handle: WorkflowHandle): Promise<Events> {
  return (await handle.fetchHistory()).events ?? [];
}

interface AskedTarget {
  readonly gate: TargetGate;
  readonly target: TargetModel;
  readonly lease: Lease;
  readonly handle: WorkflowHandle;
  /** What somebody asked who did not know that its worker had just died. */
  readonly asked: Promise<TargetView>;
  readonly leave: () => Promise<void>;
}

/**
 * The worker that has a target in memory dies; somebody asks; then the timer fires that watches the lease. What was asked goes to the worker
 * that is dead, and ten seconds later to the other one, before the workflow task of the timer does.
 */
async function askWhileItsWorkerDies(): Promise<AskedTarget> {
  await Promise.all(['first', 'second'].map((name) => startWorker(`${name}-${workers.size}`)));
  const { connection } = lab.environment;
  const client: Client = new Client({ connection, interceptors: { workflow: [queryAgain(() => client)] } });
  const gate = createTargetGate(client);
  const target = newTarget();
  const lease = await gate.acquire(target, ada);
  const leaving = new AbortController();
  const waiting = gate.acquire(target, bob, leaving.signal).catch(() => null);
  const handle = client.workflow.getHandle(targetWorkflowId(target.target, target.model));
  await until(async () => (await gate.view(target)).queue.length > 0);
  const started = (await eventsOf(handle)).findLast((event) => event.workflowTaskStartedEventAttributes != null);
  workers.get(started?.workflowTaskStartedEventAttributes?.identity ?? '')?.kill('SIGKILL');
  const asked = handle.query<TargetView>(messages.view);
  await until(async () => (await eventsOf(handle)).some((event) => event.timerFiredEventAttributes != null));
  const leave = async (): Promise<void> => {
    leaving.abort();
    await waiting;
    for (const worker of workers.values()) worker.kill('SIGKILL');
  };
  return { gate, target, lease, handle, asked, leave };
}

test('a target that is asked while its worker dies goes on after an Update, and can be replayed', async () => {
  const { gate, target, lease, handle, asked, leave } = await askWhileItsWorkerDies();
  await delay(4_000);
  const committed = await gate.commit(target, lease, draftOf(1, 'run-1'));
  expect(committed.release).toMatchObject({ version: 1, sequence: 1 });
  expect((await asked).target).toBe(target.target);
  await leave();
  const history = await handle.fetchHistory();
  const workflowBundle = { codePath: bundle };
  await expect(Worker.runReplayHistory({ workflowBundle }, history, handle.workflowId)).resolves.toBeUndefined();
});

test('a target that somebody terminates in that moment can still be asked', async () => {
  const { handle, target, asked, leave } = await askWhileItsWorkerDies();
  await handle.terminate('by a test');
  expect((await asked).target).toBe(target.target);
  expect((await handle.query<TargetView>(messages.view)).lease).toMatchObject({ holder: ada });
  await leave();
});
