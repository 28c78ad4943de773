import { writeFileSync } from 'node:fs';

import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

import { messages, targetWorkflowId } from '../src/contracts/names.ts';
import type { Faults } from '../test/fakes/fake-world.ts';
import { createFakeWorld } from '../test/fakes/fake-world.ts';
import { historiesFolder, portableJson } from '../test/replay/recorded-history.ts';
import { failureNameOf, startRun, untilPhase } from '../test/workflows/run-handle.ts';
import { startDeploy, startImport, startRollback } from '../test/workflows/start-workflow.ts';
import { draftOf, gateOf, holderNamed, queueUp, sendToTarget, worldWithTargets } from '../test/workflows/target-lab.ts';
import type { WorkflowLab } from '../test/workflows/workflow-lab.ts';
import { openWorkflowLab } from '../test/workflows/workflow-lab.ts';

/*
 * Records the histories that test/replay replays, from runs of every workflow in worlds of memory. Run it again only when a workflow has
 * changed on purpose; until then these runs stand for those that are open in production, and must replay with the code as it is.
 */

interface Execution {
  readonly workflowId: string;
  readonly runId?: string;
}

const lab = await openWorkflowLab('dev-server', [
  '--dynamic-config-value',
  'limit.historyCount.suggestContinueAsNew=40',
]);
await recordRuns();
await recordReleases();
await recordTarget();
await lab.close();

async function recordRuns(): Promise<void> {
  await record('llm-pipeline-released', { approvalRequired: true, live: [1] }, async () => {
    const run = await startRun(lab);
    await untilPhase(run, 'awaiting-approval');
    await run.executeUpdate(messages.decide, { args: [decision('approve')] });
    return ended(run);
  });
  await record('llm-pipeline-reused', { reused: true }, async () => ended(await startRun(lab)));
  await record('llm-pipeline-rolled-back', { live: [1], smokeViolations: ['empty answer'] }, async () =>
    ended(await startRun(lab)),
  );
  await record('llm-pipeline-rejected', { approvalRequired: true }, async () => {
    const run = await startRun(lab);
    await untilPhase(run, 'awaiting-approval');
    await run.signal(messages.reject, decision('reject'));
    return ended(run);
  });
  await recordCancelledRun();
}

async function recordCancelledRun(): Promise<void> {
  const isFollowed = Promise.withResolvers<void>();
  const onCall: Faults['onCall'] = async (name) => {
    if (name !== 'awaitJob') return;
    isFollowed.resolve();
    await new Promise((resolve) => setTimeout(resolve, 300));
  };
  await record('llm-pipeline-cancelled', { onCall }, async () => {
    const run = await startRun(lab);
    await isFollowed.promise;
    await run.cancel();
    return ended(run);
  });
}

async function recordReleases(): Promise<void> {
  await record('deploy-model', { live: [1] }, async () => ended(await startDeploy(lab, 2)));
  await record('rollback-model', { live: [1, 2] }, async () => ended(await startRollback(lab)));
  await record('import-model', {}, async () => ended(await startImport(lab)));
}

/** One run of the entity, from its first lease to its continue-as-new, with a queue and a freeze. */
async function recordTarget(): Promise<void> {
  const target = { target: 'production', model: 'glossary' };
  const gate = gateOf(lab);
  const workflowId = targetWorkflowId(target.target, target.model);
  const description = async (): Promise<{ readonly runId: string }> =>
    lab.environment.client.workflow.getHandle(workflowId).describe();
  await lab.inWorld(worldWithTargets(lab), async () => {
    const lease = await gate.acquire(target, holderNamed('ada'));
    const { runId } = await description();
    const next = await queueUp(gate, target, holderNamed('bob'));
    await gate.commit(target, lease, draftOf(1, 'ada'));
    await gate.release(target, lease.holder);
    await next.lease;
    await sendToTarget(lab, target, ['freeze', { by: 'grace', reason: 'quarter end' }]);
    await sendToTarget(lab, target, ['unfreeze', { by: 'grace' }]);
    while ((await description()).runId === runId) await gate.release(target, holderNamed('bob'));
    await write(lab, 'serving-target', { workflowId, runId });
  });
}

async function record(name: string, faults: Faults, run: () => Promise<Execution>): Promise<void> {
  await lab.inWorld(createFakeWorld(faults), async () => write(lab, name, await run()));
}

async function ended(handle: Execution & { result(): Promise<unknown> }): Promise<Execution> {
  await failureNameOf(handle);
  return { workflowId: handle.workflowId };
}

async function write({ environment }: WorkflowLab, name: string, { workflowId, runId }: Execution): Promise<void> {
  const history = await environment.client.workflow.getHandle(workflowId, runId).fetchHistory();
  const json = portableJson(historyToJSON(history));
  writeFileSync(new URL(`${name}.json`, historiesFolder), json);
  process.stdout.write(`${name}: ${history.events?.length ?? 0} events, ${Math.round(json.length / 1024)} KiB\n`);
}

function decision(word: 'approve' | 'reject'): object {
  return { decision: word, by: 'ada', engineDigest: 'sha256:build-engine', comment: 'a recorded decision' };
}
