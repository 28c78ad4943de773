import { fileURLToPath } from 'node:url';

import { defineSearchAttributeKey } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { messages, searchAttributes, targetWorkflowId } from '../../src/contracts/names.ts';
import type { TargetModel } from '../../src/contracts/serving.ts';
import type { DeploymentVersion } from '../../src/workers/deployment-version.ts';
import { versioningOptions } from '../../src/workers/deployment-version.ts';
import { workflowsEntry } from '../../src/workers/workflow-bundle.ts';
import { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import type { ActivityName, FakeWorld } from '../fakes/fake-world.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import { releaseOf } from '../fakes/releases.ts';
import type { RunHandle } from '../workflows/run-handle.ts';
import { startRun } from '../workflows/run-handle.ts';
import type { RunningWorkers, WorkflowLab } from '../workflows/workflow-lab.ts';
import { gateOf, holderNamed, newTarget, settled } from '../workflows/target-lab.ts';
import { openWorkflowLab } from '../workflows/workflow-lab.ts';

/*
 * Upgrades of the workflow code while runs wait for a person, on a real server: each way that Worker Versioning knows, and the wrong way.
 * The later versions differ from the code as it is by one call at the very beginning of a run, which no open run has made.
 */

const waitingRuns = 50;

let lab: WorkflowLab;
let code: Readonly<Record<'now' | 'changed' | 'patched', WorkflowBundleWithSourceMap>>;

beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
  const [now, changed, patched] = [
    await bundle(workflowsEntry({ isVersioned: true })),
    await bundle(fixture('extra-step')),
    await bundle(fixture('patched-step')),
  ];
  code = { now, changed, patched };
});
const running = new Set<RunningWorkers>();
afterEach(async () => Promise.all([...running].map(stop)));
afterAll(async () => lab.close());

async function stop(workers: RunningWorkers): Promise<void> {
  running.delete(workers);
  await workers.stop();
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/upgrades/${name}.ts`, import.meta.url));
}

async function bundle(path: string): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflows({ workflowsPath: path, logger: new DefaultLogger('ERROR') });
}

/** Runs of one model do not wait for each other here: the queue of a target is not what is tried. */
function worldOfManyTargets(onCall: (name: ActivityName) => undefined): FakeWorld {
  const world = createFakeWorld({ approvalRequired: true, reused: true, onCall });
  return {
    ...world,
    activities: {
      ...world.activities,
      acquireTarget: async ({ holder }) => ({
        lease: { token: 1, holder, unsettled: false },
        liveVersion: null,
        goal: { resident: [], kept: [] },
      }),
      takeOver: async () => [],
      publishVersion: async () => {},
      loadCandidate: async () => {},
      unloadCandidate: async () => {},
      showVersions: async () => ({ switchMs: 0 }),
      retireVersions: async () => [],
      commitRelease: async () => ({ release: releaseOf(1, 1), previousVersion: null, keep: [1] }),
      releaseTarget: async () => {},
    },
  };
}

interface Upgrade {
  readonly deploymentName: string;
  readonly runs: DeploymentVersion['runs'];
  readonly world: FakeWorld;
}

function prepare(
  deploymentName: string,
  runs: DeploymentVersion['runs'],
): Upgrade & { readonly askedMore: () => number } {
  let asked = 0;
  const world = worldOfManyTargets((name) => void (asked += name === 'findBaseModel' ? 1 : 0));
  return { deploymentName, runs, world, askedMore: () => asked };
}

/** Starts the workers of a version and sends new runs, and those that upgrade, to it. */
async function roll(
  upgrade: Upgrade,
  buildId: string,
  workflowBundle: WorkflowBundleWithSourceMap,
): Promise<RunningWorkers> {
  const { deploymentName, runs, world } = upgrade;
  const workers = await lab.startWorkers(world, {
    workflowBundle,
    ...versioningOptions({ deploymentName, buildId, runs }),
  });
  running.add(workers);
  await vi.waitFor(
    async () =>
      lab.environment.connection.workflowService.setWorkerDeploymentCurrentVersion({
        namespace: lab.environment.namespace ?? 'default',
        deploymentName,
        buildId,
        identity: 'test',
      }),
    { timeout: 120_000, interval: 200 },
  );
  return workers;
}

/** Told by the server, not by queries: fifty of those at a time would keep the workers from their work. */
async function startWaiting(count: number): Promise<readonly RunHandle[]> {
  const runs = await Promise.all(Array.from({ length: count }, async () => startRun(lab)));
  for (const run of runs) {
    await until(async () => {
      const { typedSearchAttributes } = await run.describe();
      return typedSearchAttributes.get(approvalState) === 'waiting';
    });
  }
  return runs;
}

const approvalState = defineSearchAttributeKey(searchAttributes.approval, 'KEYWORD');

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 200));
}

async function approve(run: RunHandle): Promise<void> {
  await run.signal(messages.approve, { by: 'ada', engineDigest: 'sha256:build-engine' });
}

/** The version that took the last step of a workflow. */
async function buildOf(run: Pick<RunHandle, 'describe'>): Promise<string> {
  const { raw } = await run.describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? 'none';
}

/** Approves every run and prints what became of it. */
async function finishAll(title: string, runs: readonly RunHandle[]): Promise<readonly string[]> {
  const before = await Promise.all(runs.map(buildOf));
  await Promise.all(runs.map(approve));
  const ends = await Promise.all(runs.map(async (run) => (await run.result()).target));
  const after = await Promise.all(runs.map(buildOf));
  const lines = runs.map(
    ({ workflowId }, index) =>
      `  ${workflowId.slice(0, 17)}  waited on build ${before[index] ?? '?'}, released by build ${after[index] ?? '?'}`,
  );
  process.stdout.write(`${title}: ${runs.length} runs\n${lines.join('\n')}\n`);
  expect(ends).toEqual(runs.map(() => 'production'));
  return after;
}

function targetOf({ target, model }: TargetModel): Pick<RunHandle, 'describe'> {
  return lab.environment.client.workflow.getHandle(targetWorkflowId(target, model));
}

describe('an upgrade of the workflow code while runs wait for approval', () => {
  test('leaves pinned runs on the version they began on; new ones, and targets, go to the new', async () => {
    const upgrade = prepare('pinned', 'PINNED');
    await roll(upgrade, 'one', code.now);
    const waiting = await startWaiting(waitingRuns);
    const target = newTarget();
    const { holder } = await gateOf(lab).acquire(target, holderNamed('ada'));
    await roll(upgrade, 'two', code.changed);
    await until(async () => {
      await gateOf(lab).release(target, settled(holder));
      return (await buildOf(targetOf(target))) === 'two';
    });
    const [newRun] = await startWaiting(1);
    if (newRun === undefined) throw new Error('no run was started');
    expect(upgrade.askedMore()).toBe(1);
    expect(new Set(await finishAll('pinned', waiting))).toEqual(new Set(['one']));
    expect(await finishAll('pinned, begun after the upgrade', [newRun])).toEqual(['two']);
  });

  test('takes runs along where they upgrade by themselves and the change is guarded', async () => {
    const upgrade = prepare('auto-upgrade', 'AUTO_UPGRADE');
    const first = await roll(upgrade, 'one', code.now);
    const waiting = await startWaiting(waitingRuns);
    await roll(upgrade, 'two', code.patched);
    await stop(first);
    expect(new Set(await finishAll('auto-upgrade', waiting))).toEqual(new Set(['two']));
    expect(upgrade.askedMore()).toBe(0);
    const [newRun] = await startWaiting(1);
    expect(upgrade.askedMore()).toBe(1);
    await finishAll('auto-upgrade, begun after the upgrade', newRun === undefined ? [] : [newRun]);
  });

  test('that is not guarded is noticed, loses no run, and is taken back', async () => {
    const upgrade = prepare('unguarded', 'AUTO_UPGRADE');
    const first = await roll(upgrade, 'one', code.now);
    const waiting = await startWaiting(waitingRuns);
    const wrong = await roll(upgrade, 'two', code.changed);
    await stop(first);
    await Promise.all(waiting.map(approve));
    const notice: string[] = [];
    for (const run of waiting) notice.push(await untilNondeterministic(run));
    expect(new Set(notice)).toEqual(new Set(['RUNNING']));
    await stop(wrong);
    await roll(upgrade, 'one', code.now);
    const ends = await Promise.all(waiting.map(async (run) => (await run.result()).version));
    process.stdout.write(
      `unguarded: ${notice.length} runs stood still, ${ends.length} were released after the way back\n`,
    );
    expect(ends).toHaveLength(waitingRuns);
  });
});

/** Waits until a worker has refused to go on with the run's history; the state that the run is in then. */
async function untilNondeterministic(run: RunHandle): Promise<string> {
  await until(async () => historyToJSON(await run.fetchHistory()).includes('NON_DETERMINISTIC_ERROR'));
  return (await run.describe()).status.name;
}
