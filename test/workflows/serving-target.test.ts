import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { targetWorkflowId } from '../../src/contracts/names.ts';
import type { TargetModel } from '../../src/contracts/serving.ts';
import type { TargetGate } from '../../src/ports/target-gate.ts';
import { startRun, untilPhase } from './run-handle.ts';
import {
  draftOf,
  gateOf,
  holderNamed,
  newTarget,
  queueUp,
  sendToTarget,
  settled,
  untilView,
  worldWithTargets,
} from './target-lab.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

/** Short histories, so that every test of some length goes over a continue-as-new. */
const shortHistories = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60'];

const [ada, bob, eve] = [holderNamed('ada'), holderNamed('bob'), holderNamed('eve')];

let lab: WorkflowLab;
let gate: TargetGate;
let target: TargetModel;
let leave: () => Promise<void>;

beforeAll(async () => {
  lab = await openWorkflowLab('dev-server', shortHistories);
  gate = gateOf(lab);
  const inside = Promise.withResolvers<void>();
  const outside = Promise.withResolvers<void>();
  const world = lab.inWorld(worldWithTargets(lab, { approvalRequired: true }), async () => {
    inside.resolve();
    await outside.promise;
  });
  await inside.promise;
  leave = async () => {
    outside.resolve();
    await world;
  };
});
afterAll(async () => {
  await leave();
  await lab.close();
});
beforeEach(() => {
  target = newTarget();
});

async function targetRunId(): Promise<string> {
  const handle = lab.environment.client.workflow.getHandle(targetWorkflowId(target.target, target.model));
  return (await handle.describe()).runId;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

describe('the lease of a target', () => {
  test('goes from one deployer to the next in their order, with tokens that only grow', async () => {
    const first = await gate.acquire(target, ada);
    const second = await queueUp(gate, target, bob);
    const third = await queueUp(gate, target, eve);
    expect((await gate.view(target)).queue).toEqual([bob, eve]);
    await gate.release(target, settled(ada));
    expect(await second.lease).toEqual({ token: first.token + 1, holder: bob, unsettled: false });
    expect((await gate.view(target)).queue).toEqual([eve]);
    await gate.release(target, settled(bob));
    expect(await third.lease).toEqual({ token: first.token + 2, holder: eve, unsettled: false });
  });

  test('is the same one when its holder asks again, and may be given back twice', async () => {
    const lease = await gate.acquire(target, ada);
    expect(await gate.acquire(target, ada)).toEqual(lease);
    await gate.release(target, settled(ada));
    await gate.release(target, settled(ada));
    expect((await gate.view(target)).lease).toBeNull();
  });

  test('does not come to a deployer that has left the queue', async () => {
    await gate.acquire(target, ada);
    const waiting = await queueUp(gate, target, bob);
    await gate.release(target, settled(bob));
    expect(await failureOf(waiting.lease)).toMatchObject({ failure: 'StaleFence', message: /bob left the queue/u });
    await gate.release(target, settled(ada));
    expect(await gate.view(target)).toMatchObject({ lease: null, queue: [] });
  });

  test('is given back though more deployers wait than a workflow takes updates at a time', async () => {
    const first = await gate.acquire(target, ada);
    const others = Array.from({ length: 11 }, (_, index) => holderNamed(`deployer-${index}`));
    const waiting: Promise<unknown>[] = [];
    for (const holder of others) waiting.push((await queueUp(gate, target, holder)).lease);
    await gate.commit(target, first, draftOf(1, 'ada'));
    await gate.release(target, settled(ada));
    expect(await waiting[0]).toEqual({ token: first.token + 1, holder: others[0], unsettled: false });
    for (const holder of others.toReversed()) await gate.release(target, settled(holder));
  });

  test('is taken back from a deployer that was terminated, for the next one', async () => {
    const run = await startRun(lab);
    await untilPhase(run, 'awaiting-approval');
    const { runId } = await run.describe();
    const lost = await gate.acquire(target, { workflowId: run.workflowId, runId });
    const waiting = await queueUp(gate, target, bob);
    await run.terminate('a test');
    expect(await waiting.lease).toEqual({ token: lost.token + 1, holder: bob, unsettled: true });
    expect(await failureOf(gate.commit(target, lost, draftOf(1, 'lost')))).toMatchObject({ failure: 'StaleFence' });
  });
});

describe('a target that a deployer left half changed', () => {
  test('is brought back by a workflow of its own when nobody waits for it, though it is frozen', async () => {
    const run = await startRun(lab);
    await untilPhase(run, 'awaiting-approval');
    const { runId } = await run.describe();
    const lost = await gate.acquire(target, { workflowId: run.workflowId, runId });
    await sendToTarget(lab, target, ['freeze', { by: 'grace', reason: 'quarter end' }]);
    await run.terminate('a test');
    await untilView(gate, target, ({ lease }) => lease?.token === lost.token + 1);
    await untilView(gate, target, ({ lease, unsettled }) => lease === null && !unsettled);
    const converger = `converge/${target.target}/${target.model}/${lost.token + 1}`;
    expect(await lab.environment.client.workflow.getHandle(converger).result()).toMatchObject({ changes: [] });
  });

  test('is brought back too when the deployer itself says that it could not undo all', async () => {
    const lease = await gate.acquire(target, ada);
    await gate.release(target, { holder: ada, settled: false });
    await untilView(gate, target, ({ unsettled }) => !unsettled);
    expect((await gate.acquire(target, bob)).token).toBe(lease.token + 2);
  });
});

describe('the release log of a target', () => {
  test('is empty before anybody has deployed', async () => {
    expect(await gate.view(target)).toEqual({
      ...target,
      live: null,
      previous: null,
      releases: [],
      lease: null,
      queue: [],
      frozen: null,
      goal: { resident: [], kept: [] },
      unsettled: false,
    });
  });

  test('takes a release once, however often its holder tells it', async () => {
    const lease = await gate.acquire(target, ada);
    const committed = await gate.commit(target, lease, draftOf(1, 'ada'));
    expect(await gate.commit(target, lease, draftOf(1, 'ada'))).toEqual(committed);
    const second = await gate.commit(target, lease, draftOf(2, 'ada'));
    expect([committed, second].map(({ release }) => release.sequence)).toEqual([1, 2]);
    expect(second).toMatchObject({ previousVersion: 1, keep: [1, 2] });
    const view = await gate.view(target);
    expect(view.releases.map(({ version }) => version)).toEqual([1, 2]);
    expect(view.previous?.version).toBe(1);
  });

  test('refuses a deployer whose lease is over', async () => {
    const old = await gate.acquire(target, ada);
    await gate.release(target, settled(old.holder));
    expect(await failureOf(gate.commit(target, old, draftOf(1, 'ada')))).toMatchObject({ failure: 'StaleFence' });
    await gate.acquire(target, bob);
    expect(await failureOf(gate.commit(target, old, draftOf(1, 'ada')))).toMatchObject({
      failure: 'StaleFence',
      message: 'lease 1 of production is over; nothing was committed',
    });
    expect((await gate.view(target)).releases).toEqual([]);
  });

  test('goes on over a continue-as-new with the lease, the queue and the last token', async () => {
    const lease = await gate.acquire(target, ada);
    const waiting = await queueUp(gate, target, bob);
    const before = await targetRunId();
    let version = 0;
    while ((await targetRunId()) === before) await gate.commit(target, lease, draftOf(++version, 'ada'));
    const view = await untilView(gate, target, ({ releases }) => releases.length === version);
    expect(view.releases.map(({ sequence }) => sequence)).toEqual(Array.from({ length: version }, (_, i) => i + 1));
    expect(view).toMatchObject({ lease, queue: [bob] });
    await gate.release(target, settled(ada));
    expect((await waiting.lease).token).toBe(lease.token + 1);
  });
});

describe('a frozen target', () => {
  test('refuses deployers, sends those away who wait, and lets the one go on who has the lease', async () => {
    const lease = await gate.acquire(target, ada);
    const waiting = await queueUp(gate, target, bob);
    await sendToTarget(lab, target, ['freeze', { by: 'grace', reason: 'quarter end' }]);
    const refusal = { failure: 'TargetFrozen', message: /frozen by grace.*quarter end/u };
    expect(await failureOf(waiting.lease)).toMatchObject({ failure: refusal.failure });
    expect(await failureOf(waiting.lease)).toHaveProperty('message', expect.stringMatching(refusal.message));
    expect(await failureOf(gate.acquire(target, eve))).toMatchObject({ failure: 'TargetFrozen' });
    expect(await gate.acquire(target, ada)).toEqual(lease);
    await gate.commit(target, lease, draftOf(1, 'ada'));
    await gate.release(target, settled(ada));
    expect(await gate.view(target)).toMatchObject({ lease: null, live: { version: 1 } });
  });

  test('takes deployers again once it is unfrozen', async () => {
    await gate.release(target, settled(holderNamed('nobody')));
    await sendToTarget(lab, target, ['freeze', { by: 'grace', reason: 'quarter end' }]);
    expect((await gate.view(target)).frozen).toEqual({ by: 'grace', reason: 'quarter end' });
    await sendToTarget(lab, target, ['unfreeze', { by: 'grace' }]);
    expect((await gate.acquire(target, ada)).token).toBe(1);
  });
});
