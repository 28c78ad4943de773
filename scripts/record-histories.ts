import { writeFileSync } from 'node:fs';

import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

import type { ForkInput } from '../src/contracts/fork.ts';
import { messages, targetWorkflowId } from '../src/contracts/names.ts';
import type { ActivityName, Faults, FakeWorld } from '../test/fakes/fake-world.ts';
import { createFakeWorld } from '../test/fakes/fake-world.ts';
import { convertFindsDamage, diverging, jobFails, trainFails } from '../test/fakes/faults.ts';
import { worldLeftBehind, worldOfBrokenLive } from '../test/fakes/left-worlds.ts';
import { historiesFolder, portableJson } from '../test/replay/recorded-history.ts';
import type { HistoryName } from '../test/replay/recorded-outcomes.ts';
import type { RunHandle } from '../test/workflows/run-handle.ts';
import { failureNameOf, refusalOf, startRun, untilPhase } from '../test/workflows/run-handle.ts';
import {
  startCollection,
  startConverge,
  startDeploy,
  startImport,
  startReaping,
  startRollback,
} from '../test/workflows/start-workflow.ts';
import {
  draftOf,
  gateOf,
  holderNamed,
  queueUp,
  sendToTarget,
  settled,
  untilView,
  worldWithTargets,
} from '../test/workflows/target-lab.ts';
import { openWorkflowLab } from '../test/workflows/workflow-lab.ts';

/*
 * Records the histories that test/replay replays, from runs of every workflow in worlds of memory. Run it again only when a workflow has
 * changed on purpose, with names for some of them only; until then these runs stand for those that are open in production, and must replay with the code as it is.
 */

interface Execution {
  readonly workflowId: string;
  readonly runId?: string;
}

const word = { by: 'ada', engineDigest: 'sha256:build-engine', comment: 'a recorded decision' };

interface Recording {
  readonly world: FakeWorld;
  readonly run: () => Promise<Execution>;
}

const lab = await openWorkflowLab('dev-server', [
  '--dynamic-config-value',
  'limit.historyCount.suggestContinueAsNew=40',
]);

const recordings = {
  'llm-pipeline-released': inWorldWith({ approvalRequired: true, live: [1] }, async () =>
    approved(await startRun(lab)),
  ),
  'llm-pipeline-reused': inWorldWith({ reused: true }, runToEnd),
  'llm-pipeline-approved-by-signal': inWorldWith({ reused: true, verdict: 'inconclusive' }, async () =>
    signalled(await startRun(lab), messages.approve),
  ),
  'llm-pipeline-job-retried': inWorldWith({ jobOutcomes: trainFails('JobCrashed', 1) }, runToEnd),
  'llm-pipeline-alias-refused': inWorldWith({ reused: true, fail: { alignAliases: 'AccessDenied' } }, runToEnd),
  'llm-pipeline-waiting': inWorldWith({ reused: true, approvalRequired: true }, async () => {
    const run = await startRun(lab);
    await untilPhase(run, 'awaiting-approval');
    return run;
  }),
  'llm-pipeline-invalid-spec': inWorldWith({ fail: { resolveRun: 'InvalidSpec' } }, runToEnd),
  'llm-pipeline-rebuilt': inWorldWith({ jobOutcomes: convertFindsDamage }, runToEnd),
  'llm-pipeline-stage-failed': inWorldWith(
    { jobOutcomes: trainFails('InvalidData', 9), repair: { onFailure: 'fail' } },
    runToEnd,
  ),
  'llm-pipeline-parked': inWorldWith(diverging(1), parked),
  'llm-pipeline-repaired': inWorldWith(diverging(1), async () => repaired(await parked())),
  'llm-pipeline-forked': inWorldWith(diverging(1), async () => {
    const origin = await parked();
    await origin.terminate('a recorded end by force');
    const fork = { run: origin.workflowId, from: 'train', set: { 'train.learningRate': 0.0001 } } as const;
    return repaired(await parked({ fork, requester: 'ada' }));
  }),
  'llm-pipeline-repair-refused': inWorldWith(diverging(1), async () => {
    const run = await parked();
    const order = { stage: 'train', by: 'ada', set: { 'train.learningRate': 7 } };
    await refusalOf(run.executeUpdate(messages.retry, { args: [order] }));
    return cancelled(run);
  }),
  'llm-pipeline-repair-expired': inWorldWith({ ...diverging(1), repair: { expiresSeconds: 1 } }, runToEnd),
  'llm-pipeline-gate-refused': inWorldWith({ reused: true, verdict: 'fail' }, runToEnd),
  'llm-pipeline-rejected': inWorldWith({ reused: true, approvalRequired: true }, async () =>
    signalled(await startRun(lab), messages.reject),
  ),
  'llm-pipeline-approval-expired': { world: impatientWorld(), run: runToEnd },
  'llm-pipeline-frozen': inWorldWith({ reused: true, fail: { acquireTarget: 'TargetFrozen' } }, runToEnd),
  'llm-pipeline-rolled-back': inWorldWith({ reused: true, live: [1], smokeViolations: ['empty answer'] }, runToEnd),
  'llm-pipeline-switched-back': inWorldWith(
    { reused: true, live: [1], fail: { verifyRoute: 'VerificationFailed' } },
    runToEnd,
  ),
  'llm-pipeline-commit-refused': inWorldWith({ reused: true, fail: { commitRelease: 'StaleFence' } }, runToEnd),
  'llm-pipeline-rollback-failed': inWorldWith(
    { reused: true, smokeViolations: ['empty answer'], fail: { unpublishVersion: 'AccessDenied' } },
    runToEnd,
  ),
  'llm-pipeline-deploy-timed-out': inWorldWith(
    { reused: true, live: [1], timeouts: { deploy: 1 }, onCall: async (name) => slowPublication(name) },
    runToEnd,
  ),
  'llm-pipeline-cancelled-resolving': cancelledIn('resolveRun', {}),
  'llm-pipeline-cancelled': cancelledIn('awaitJob', {}),
  'llm-pipeline-cancelled-waiting': inWorldWith({ reused: true, approvalRequired: true }, async () => {
    const run = await startRun(lab);
    await untilPhase(run, 'awaiting-approval');
    return cancelled(run);
  }),
  'llm-pipeline-cancelled-deploying': cancelledIn('publishVersion', { reused: true, live: [1] }),
  'llm-pipeline-cancelled-switching': cancelledIn('showVersions', { reused: true, live: [1] }),
  'deploy-model': inWorldWith({ live: [1] }, async () => ended(await startDeploy(lab, 2))),
  'deploy-model-unknown-version': inWorldWith({ fail: { describeVersion: 'NotFound' } }, async () =>
    ended(await startDeploy(lab, 9)),
  ),
  'deploy-model-rolled-back': inWorldWith({ live: [1], fail: { loadCandidate: 'EngineRejected' } }, async () =>
    ended(await startDeploy(lab, 2)),
  ),
  'deploy-model-onto-broken': { world: worldOfBrokenLive(), run: async () => ended(await startDeploy(lab, 2)) },
  'rollback-model': inWorldWith({ live: [1, 2] }, async () => ended(await startRollback(lab))),
  'rollback-model-republished': { world: worldWithoutFilesOf(1), run: async () => ended(await startRollback(lab, 1)) },
  'rollback-model-nowhere': inWorldWith({ live: [1] }, async () => ended(await startRollback(lab))),
  'collect-garbage': inWorldWith({}, async () => ended(await startCollection(lab, { dryRun: false }))),
  'collect-garbage-dry-run': inWorldWith({}, async () => ended(await startCollection(lab, {}))),
  'collect-garbage-wrong-input': inWorldWith({}, async () => ended(await startCollection(lab, { olderThanMs: 5 }))),
  'reap-jobs': inWorldWith({}, async () => ended(await startReaping(lab, { dryRun: false }))),
  'reap-jobs-dry-run': inWorldWith({}, async () => ended(await startReaping(lab, {}))),
  'reap-jobs-wrong-input': inWorldWith({}, async () => ended(await startReaping(lab, { dryRun: 'no' }))),
  'import-model': inWorldWith({}, async () => ended(await startImport(lab))),
  'import-model-known': inWorldWith({ baseModels: ['tiny'] }, async () => ended(await startImport(lab))),
  'import-model-failed': inWorldWith({ jobOutcomes: jobFails('InvalidData') }, async () =>
    ended(await startImport(lab)),
  ),
  'converge-target': { world: worldLeftBehind(), run: async () => ended(await startConverge(lab)) },
  'converge-target-settled': inWorldWith({ live: [1] }, async () => ended(await startConverge(lab))),
  'converge-target-refused': {
    world: worldLeftBehind({ fail: { showVersions: 'EngineRejected' } }),
    run: async () => ended(await startConverge(lab)),
  },
  'serving-target': { world: worldWithTargets(lab), run: fillTarget },
  'serving-target-lease-taken-back': { world: worldOfLostHolders(), run: loseHolder },
  'serving-target-converged': { world: worldWithTargets(lab), run: leaveUnsettled },
} satisfies Record<HistoryName, Recording>;

const wanted = process.argv.slice(2);
for (const [name, { world, run }] of Object.entries(recordings)) {
  if (wanted.length === 0 || wanted.includes(name)) await lab.inWorld(world, async () => write(name, await run()));
}
await lab.close();

function inWorldWith(faults: Faults, run: Recording['run']): Recording {
  return { world: createFakeWorld(faults), run };
}

async function runToEnd(): Promise<Execution> {
  return ended(await startRun(lab));
}

async function ended(handle: Execution & { result(): Promise<unknown> }): Promise<Execution> {
  await failureNameOf(handle);
  return handle;
}

async function parked(input?: ForkInput): Promise<RunHandle> {
  const run = await startRun(lab, input === undefined ? {} : { input });
  await untilPhase(run, 'needs-attention');
  return run;
}

async function repaired(run: RunHandle): Promise<Execution> {
  await run.executeUpdate(messages.retry, {
    args: [{ stage: 'train', by: 'ada', set: { 'train.learningRate': 0.0001 } }],
  });
  return ended(run);
}

async function approved(run: RunHandle): Promise<Execution> {
  await untilPhase(run, 'awaiting-approval');
  await run.executeUpdate(messages.decide, { args: [{ ...word, decision: 'approve' }] });
  return ended(run);
}

async function signalled(run: RunHandle, decision: string): Promise<Execution> {
  await untilPhase(run, 'awaiting-approval');
  await run.signal(decision, word);
  return ended(run);
}

async function cancelled(run: RunHandle): Promise<Execution> {
  await run.cancel();
  return ended(run);
}

/** A run that is cancelled while its first call of an activity is on its way. */
function cancelledIn(activity: ActivityName, faults: Faults): Recording {
  const isCalled = Promise.withResolvers<void>();
  const onCall: Faults['onCall'] = async (name) => {
    if (name !== activity) return;
    isCalled.resolve();
    await new Promise((resolve) => setTimeout(resolve, 300));
  };
  return inWorldWith({ ...faults, onCall }, async () => {
    const run = await startRun(lab);
    await isCalled.promise;
    return cancelled(run);
  });
}

/** Where a decision is waited for no longer than a second. */
function impatientWorld(): FakeWorld {
  const world = createFakeWorld({ reused: true, approvalRequired: true });
  const { activities } = world;
  return {
    ...world,
    activities: {
      ...activities,
      resolveRun: async (request) => {
        const resolved = await activities.resolveRun(request);
        const approval = { ...resolved.spec.approval, expiresSeconds: 1 };
        return { ...resolved, spec: { ...resolved.spec, approval } };
      },
    },
  };
}

function worldWithoutFilesOf(version: number): FakeWorld {
  const world = createFakeWorld({ live: [1, 2, 3] });
  const left = [1, 2, 3].filter((entry) => entry !== version);
  Object.assign(world.serving, { ready: left, published: [...left] });
  return world;
}

async function slowPublication(name: ActivityName): Promise<void> {
  if (name === 'publishVersion') await new Promise((resolve) => setTimeout(resolve, 2_000));
}

function worldOfLostHolders(): FakeWorld {
  const world = worldWithTargets(lab);
  return { ...world, activities: { ...world.activities, isHolderOpen: async () => false } };
}

/** One run of the entity, from its first lease to its continue-as-new, with a queue and a freeze. */
async function fillTarget(): Promise<Execution> {
  const target = { target: 'production', model: 'glossary' };
  const gate = gateOf(lab);
  const lease = await gate.acquire(target, holderNamed('ada'));
  const first = await executionOf(target.model);
  const next = await queueUp(gate, target, holderNamed('bob'));
  await gate.commit(target, lease, draftOf(1, 'ada'));
  await gate.release(target, settled(lease.holder));
  await next.lease;
  await sendToTarget(lab, target, ['freeze', { by: 'grace', reason: 'quarter end' }]);
  await sendToTarget(lab, target, ['unfreeze', { by: 'grace' }]);
  while ((await executionOf(target.model)).runId === first.runId)
    await gate.release(target, settled(holderNamed('bob')));
  return first;
}

/** A deployer that has gone without giving its lease back, and one that waits for it. */
async function loseHolder(): Promise<Execution> {
  const target = { target: 'production', model: 'lost' };
  const gate = gateOf(lab);
  await gate.acquire(target, holderNamed('ada'));
  const waiting = await queueUp(gate, target, holderNamed('bob'));
  await waiting.lease;
  return executionOf(target.model);
}

/** A deployer that says that it could not undo all, and the workflow that then does. */
async function leaveUnsettled(): Promise<Execution> {
  const target = { target: 'production', model: 'unsettled' };
  const gate = gateOf(lab);
  await gate.acquire(target, holderNamed('ada'));
  await gate.release(target, { holder: holderNamed('ada'), settled: false });
  await untilView(gate, target, ({ unsettled }) => !unsettled);
  return executionOf(target.model);
}

async function executionOf(model: string): Promise<Execution> {
  const workflowId = targetWorkflowId('production', model);
  const { runId } = await lab.environment.client.workflow.getHandle(workflowId).describe();
  return { workflowId, runId };
}

async function write(name: string, { workflowId, runId }: Execution): Promise<void> {
  const history = await lab.environment.client.workflow.getHandle(workflowId, runId).fetchHistory();
  const json = portableJson(historyToJSON(history));
  writeFileSync(new URL(`${name}.json`, historiesFolder), json);
  process.stdout.write(`${name}: ${history.events?.length ?? 0} events, ${Math.round(json.length / 1024)} KiB\n`);
}
