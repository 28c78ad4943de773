import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { WindlassClient } from '../../src/client/windlass-client.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import type { WorkflowLab } from '../workflows/workflow-lab.ts';
import { openWorkflowLab } from '../workflows/workflow-lab.ts';
import { checkingWorld, untilWaiting } from './checking-world.ts';

let lab: WorkflowLab;
let client: WindlassClient;

beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
  client = await WindlassClient.connect({ address: lab.environment.connection.options.address });
});
afterAll(async () => {
  await client.close();
  await lab.close();
});

const input = { model: 'glossary', preset: 'quickstart' };

describe('the client', () => {
  test('starts a run, waits for it, and sees it live', async () => {
    await lab.inWorld(createFakeWorld(), async () => {
      const { runId } = await client.start(input);
      expect(runId).toMatch(/^glossary-\d{8}-\d{6}-[0-9a-f]{4}$/);
      const result = await client.wait(runId);
      expect(result).toMatchObject({ runId, model: 'glossary', version: 1 });
      expect((await client.status(runId)).phase).toBe('released');
    });
  });

  test('reports wrong input at once, with every wrong field as data', async () => {
    const wrong = { ...input, target: 'moon', train: { stpes: 3 } };
    await lab.inWorld(checkingWorld(), async () => {
      await expect(client.start(wrong)).rejects.toMatchObject({
        name: 'WindlassError',
        failure: 'InvalidSpec',
        issues: [
          { path: 'train.stpes', found: 'unknown field', expected: 'did you mean "steps"?' },
          { path: 'target', found: '"moon" (string)', expected: 'one of "production", "staging"' },
        ],
      });
      await expect(client.start('no object' as never)).rejects.toMatchObject({ failure: 'InvalidSpec' });
    });
  });

  test('refuses a run id that is taken', async () => {
    await lab.inWorld(createFakeWorld(), async () => {
      const { runId } = await client.start(input);
      await expect(client.start(input, { runId })).rejects.toMatchObject({ failure: 'Conflict' });
      await client.wait(runId);
    });
  });

  test('decides a release, and says why a decision does not fit', async () => {
    await lab.inWorld(createFakeWorld({ approvalRequired: true }), async () => {
      const { runId } = await client.start(input);
      const { approval } = await untilWaiting(client, runId);
      const decision = { decision: 'approve', by: 'grace', engineDigest: 'sha256:other' } as const;
      await expect(client.decide(runId, decision)).rejects.toMatchObject({
        failure: 'InvalidSpec',
        message: expect.stringContaining('the engine under decision is sha256:build-engine'),
      });
      await client.decide(runId, { ...decision, engineDigest: approval?.engineDigest ?? 'sha256:' });
      await expect(client.wait(runId)).resolves.toMatchObject({ version: 1 });
    });
  });

  test('tells a rejected, a cancelled and a missing run apart', async () => {
    await lab.inWorld(createFakeWorld({ approvalRequired: true }), async () => {
      const rejected = await client.start(input);
      const { approval } = await untilWaiting(client, rejected.runId);
      const engineDigest = approval?.engineDigest ?? 'sha256:';
      await client.decide(rejected.runId, { decision: 'reject', by: 'grace', comment: 'too chatty', engineDigest });
      await expect(client.wait(rejected.runId)).rejects.toMatchObject({
        failure: 'RunRejected',
        message: 'grace rejected the release: too chatty',
      });

      const cancelled = await client.start(input);
      await untilWaiting(client, cancelled.runId);
      await client.cancel(cancelled.runId);
      await expect(client.wait(cancelled.runId)).rejects.toMatchObject({ failure: 'RunCancelled' });

      await expect(client.status('no-such-run')).rejects.toMatchObject({ failure: 'NotFound' });
      await expect(client.releases('production', 'nothing')).rejects.toMatchObject({ failure: 'NotFound' });
    });
  });

  test('follows a run that is ended by force to that end', async () => {
    await lab.inWorld(createFakeWorld({ approvalRequired: true }), async () => {
      const { runId } = await client.start(input);
      await untilWaiting(client, runId);
      const phases: string[] = [];
      for await (const { phase, approval } of client.follow(runId)) {
        phases.push(phase);
        if (approval !== null) await lab.environment.client.workflow.getHandle(runId).terminate('by a test');
      }
      expect(phases).toEqual(['awaiting-approval', 'terminated']);
      await expect(client.wait(runId)).rejects.toMatchObject({ failure: 'RunTerminated' });
    });
  });

  test('deploys a version and rolls back', async () => {
    await lab.inWorld(createFakeWorld({ live: [1, 2] }), async () => {
      const outcome = await client.rollback({ target: 'production', model: 'glossary' });
      expect(outcome).toMatchObject({ kind: 'released', release: { version: 1, kind: 'rollback' } });
      await expect(client.rollback({ target: 'production', model: 'glossary', to: 9 })).rejects.toMatchObject({
        failure: 'NotFound',
      });
    });
  });

  test('says that no server answers', async () => {
    await expect(WindlassClient.connect({ address: '127.0.0.1:1' })).rejects.toMatchObject({
      failure: 'ServerUnreachable',
      message: 'Temporal does not answer at 127.0.0.1:1',
    });
  });
});
