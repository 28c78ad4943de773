import { randomBytes } from 'node:crypto';

import { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { WindlassClient } from '../../src/client/windlass-client.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';
import {
  clientDataConverter,
  encodedFailuresPath,
  workerDataConverter,
} from '../../src/protocols/temporal/data-converter.ts';
import { readPayloadKeys } from '../../src/protocols/temporal/payload-keys.ts';
import { checkPayloadKeys } from '../../src/workers/payload-key-check.ts';
import { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import type { FakeWorld } from '../fakes/fake-world.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import type { WorkflowLab } from '../workflows/workflow-lab.ts';
import { openWorkflowLab, workflowsPath } from '../workflows/workflow-lab.ts';

const october = `2026-10:${randomBytes(32).toString('base64')}`;
const november = `2026-11:${randomBytes(32).toString('base64')}`;
const forged = `2026-10:${randomBytes(32).toString('base64')}`;

let lab: WorkflowLab;
let workflowBundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  [lab, workflowBundle] = await Promise.all([
    openWorkflowLab('dev-server'),
    bundleWorkflows({
      workflowsPath,
      failureConverterPath: encodedFailuresPath,
      logger: new DefaultLogger('ERROR'),
    }),
  ]);
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(async () => lab.close());

/** Workers and a client that have these keys, the current one first. */
async function withKeys<Result>(
  keys: readonly string[],
  world: FakeWorld,
  use: (client: WindlassClient) => Promise<Result>,
): Promise<Result> {
  const client = await connect(keys);
  const dataConverter = workerDataConverter(readPayloadKeys({ WINDLASS_PAYLOAD_KEYS: keys.join(',') }));
  try {
    return await lab.inWorld(world, async () => use(client), { dataConverter, workflowBundle });
  } finally {
    await client.close();
  }
}

async function connect(keys: readonly string[]): Promise<WindlassClient> {
  vi.stubEnv('WINDLASS_PAYLOAD_KEYS', keys.join(','));
  return WindlassClient.connect({
    address: lab.environment.address,
    namespace: lab.environment.namespace ?? 'default',
  });
}

function temporalClient(keys: readonly string[]): Client {
  const { connection, namespace } = lab.environment;
  const dataConverter = clientDataConverter(readPayloadKeys({ WINDLASS_PAYLOAD_KEYS: keys.join(',') }));
  return new Client({ connection, namespace: namespace ?? 'default', dataConverter });
}

async function untilPhase(client: WindlassClient, runId: string, phase: RunStatus['phase']): Promise<RunStatus> {
  for (;;) {
    const status = await client.status(runId);
    if (status.phase === phase) return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function approve(client: WindlassClient, runId: string): Promise<void> {
  const { approval } = await untilPhase(client, runId, 'awaiting-approval');
  if (approval === null) throw new Error('nothing waits for a decision');
  await client.decide(runId, {
    decision: 'approve',
    by: 'ada',
    engineDigest: approval.engineDigest,
    comment: 'a remark',
  });
}

/** What the server holds of a run, every byte of every payload as text; without its search attributes, which are readable by design. */
async function heldByServer(runId: string): Promise<string> {
  const handle = lab.environment.client.workflow.getHandle(runId);
  const { workflowService } = lab.environment.connection;
  const about = { namespace: lab.environment.namespace ?? 'default', execution: { workflowId: runId } };
  const { workflowExecutionInfo, executionConfig } = await workflowService.describeWorkflowExecution(about);
  const query = { queryType: '__temporal_workflow_metadata' };
  const { queryResult } = await workflowService.queryWorkflow({ ...about, query });
  const told = { memo: workflowExecutionInfo?.memo, summary: executionConfig?.userMetadata, details: queryResult };
  return [historyText(historyToJSON(await handle.fetchHistory())), bytesText(told)].join('\n');
}

function historyText(json: string): string {
  return JSON.stringify(JSON.parse(json), (key, value: unknown) => {
    if (key === 'searchAttributes') return undefined;
    return key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString('latin1') : value;
  });
}

function bytesText(value: unknown): string {
  return JSON.stringify(value, function text(this: Record<string, unknown>, key, entry: unknown) {
    const original = this[key];
    return original instanceof Uint8Array ? Buffer.from(original).toString('latin1') : entry;
  });
}

/** In the input, a prompt, an address, a comment, a job's failure and the end of its log, a summary, the status. */
const plainTexts = [
  'glossary',
  'lighthouse',
  'file:///store',
  'a remark',
  'row 17',
  'the log',
  'start train',
  'stages',
];

describe('with payload keys', () => {
  test('nothing of a run can be read where it is kept, and the run goes its way', async () => {
    const failing = createFakeWorld({
      approvalRequired: true,
      jobOutcomes: ({ stage, attempt }) =>
        stage === 'train' && attempt === 1
          ? {
              kind: 'failed',
              failure: { name: 'JobCrashed', message: 'rows.jsonl row 17' },
              retryable: true,
              logTail: 'the end of the log',
            }
          : null,
    });
    const held = await withKeys([october], failing, async (client) => {
      await client.start({ model: 'glossary' }, { runId: 'hidden-1' });
      await approve(client, 'hidden-1');
      expect(await client.wait('hidden-1')).toMatchObject({ version: 1, model: 'glossary' });
      return heldByServer('hidden-1');
    });
    expect(plainTexts.filter((text) => held.includes(text))).toEqual([]);
    expect(held).toContain(Buffer.from('2026-10').toString('base64'));
    const open = await temporalClient([october]).workflow.getHandle('hidden-1').describe();
    expect(open.memo).toMatchObject({ spec: 'file:///store/runs/hidden-1/spec-1.json' });
    expect(await open.staticSummary()).toContain('glossary');
  });

  test('the failure that ends a run cannot be read there either, and its caller reads it', async () => {
    const world = createFakeWorld({ fail: { checkEngine: 'IncompatibleEnvironment' } });
    await withKeys([october], world, async (client) => {
      await client.start({ model: 'glossary' }, { runId: 'hidden-2' });
      await expect(client.wait('hidden-2')).rejects.toMatchObject({
        failure: 'IncompatibleEnvironment',
        message: 'checkEngine failed on purpose, after its effect',
      });
      expect(await heldByServer('hidden-2')).not.toContain('on purpose');
    });
  });

  test('search attributes stay readable, so runs can be found', async () => {
    const { workflow } = lab.environment.client;
    await vi.waitFor(
      async () => expect(await workflow.count('WindlassModel = "glossary"')).toMatchObject({ count: 2 }),
      {
        timeout: 10_000,
        interval: 200,
      },
    );
  });

  test('keys can be exchanged while a run waits', async () => {
    const world = createFakeWorld({ approvalRequired: true });
    await withKeys([october], world, async (client) => {
      await client.start({ model: 'glossary' }, { runId: 'rotated' });
      await untilPhase(client, 'rotated', 'awaiting-approval');
    });
    const held = await withKeys([november, october], world, async (client) => {
      await approve(client, 'rotated');
      await client.wait('rotated');
      return heldByServer('rotated');
    });
    expect(['2026-10', '2026-11'].filter((id) => held.includes(Buffer.from(id).toString('base64')))).toHaveLength(2);
  });

  test('a worker or client without the right key says which is missing; the run waits for one that has it', async () => {
    const world = createFakeWorld({ approvalRequired: true });
    await withKeys([october], world, async (client) => {
      await client.start({ model: 'glossary' }, { runId: 'locked' });
      await untilPhase(client, 'locked', 'awaiting-approval');
    });
    await expect(checkPayloadKeys(temporalClient([november]))).rejects.toThrow(
      /encrypted with the key "2026-10", and only "2026-11" known: add that key/u,
    );
    await expect(checkPayloadKeys(temporalClient([]))).rejects.toThrow(/no keys are configured/u);
    await expect(checkPayloadKeys(temporalClient([forged]))).rejects.toThrow(/does not open/u);
    await expect(checkPayloadKeys(temporalClient([november, october]))).resolves.toBeUndefined();

    await withKeys([october], world, async () => {
      const stranger = await connect([november]);
      await expect(stranger.status('locked')).rejects.toMatchObject({
        failure: 'AccessDenied',
        advice: 'Give this program the payload keys that the workers have.',
      });
      await stranger.close();
    });

    await withKeys([november], world, async () => {
      const handle = temporalClient([october]).workflow.getHandle('locked');
      await handle.signal('approve', { by: 'ci', engineDigest: 'sha256:other' });
      await vi.waitFor(
        async () => expect(historyToJSON(await handle.fetchHistory())).toContain('WORKFLOW_TASK_FAILED'),
        {
          timeout: 60_000,
        },
      );
      expect((await handle.describe()).status.name).toBe('RUNNING');
    });

    await withKeys([october], world, async (client) => {
      await approve(client, 'locked');
      expect(await client.wait('locked')).toMatchObject({ version: 1 });
    });
  });
});
