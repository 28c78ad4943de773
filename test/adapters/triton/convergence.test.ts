import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restoreDesiredModels } from '../../../src/adapters/triton/desired-state.ts';
import type { ArtifactRef } from '../../../src/contracts/artifact.ts';
import type { ReplicaSnapshot, TargetGoal } from '../../../src/contracts/serving.ts';
import { describePlan, planConvergence } from '../../../src/workflows/convergence-plan.ts';
import type { ReplicaBench } from './replica-bench.ts';
import { openBench, serving } from './replica-bench.ts';

let bench: ReplicaBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => bench.stop());

/** A model whose version 1 is live and version 2 published; the log says that 1 is to be live. */
async function deployedTo(model: string): Promise<{ readonly engine: ArtifactRef; readonly goal: TargetGoal }> {
  const engine = await bench.publish(model, 1);
  await bench.replica.showVersions({ model, versions: [1], fence: 1 });
  await bench.publish(model, 2);
  return { engine, goal: { resident: [1], kept: [1] } };
}

async function snapshotOf(model: string): Promise<ReplicaSnapshot> {
  return { replica: 'bench', ...(await bench.replica.readState(model)) };
}

/** What `convergeTarget` does, by its plan and in its order. @returns what was done, in words */
async function converge(model: string, { engine, goal }: Awaited<ReturnType<typeof deployedTo>>): Promise<unknown> {
  const plan = planConvergence(goal, [await snapshotOf(model)]);
  const change = { model, fence: 2000 };
  for (const version of plan.publish) await bench.replica.publish({ ...change, version, engine, serving });
  if (plan.unloadCandidate) await bench.replica.unloadCandidate(change);
  if (plan.show !== null) await bench.replica.showVersions({ ...change, versions: plan.show });
  for (const version of plan.remove) await bench.replica.unpublish({ ...change, version });
  return describePlan(plan);
}

async function expectAsTheLogSays(model: string, deployed: Awaited<ReturnType<typeof deployedTo>>): Promise<void> {
  expect((await bench.ask({ modelName: model }))[0]?.modelVersion).toBe(1);
  const before = await bench.initialized(model);
  expect(await converge(model, deployed)).toEqual([]);
  expect(await bench.initialized(model)).toEqual(before);
}

test('a server that dies with a candidate loaded comes back with what was live, and the deployment can go on', async () => {
  const model = 'between';
  await deployedTo(model);
  await bench.replica.loadCandidate({ model, version: 2, fence: 1 });
  await bench.server.restart();
  await restoreDesiredModels(bench.server);
  expect(await snapshotOf(model)).toMatchObject({ readyVersions: [1], hasCandidate: true });
  await bench.replica.unloadCandidate({ model, fence: 1 });
  expect((await snapshotOf(model)).hasCandidate).toBe(false);
  await bench.replica.showVersions({ model, versions: [1, 2], fence: 1 });
  expect((await bench.ask({ modelName: model }))[0]?.modelVersion).toBe(2);
});

test('what a deployer left that died with its candidate loaded is undone', async () => {
  const model = 'candidate-left';
  const deployed = await deployedTo(model);
  await bench.replica.loadCandidate({ model, version: 2, fence: 1 });
  expect(await converge(model, deployed)).toEqual(['unload the candidate', 'remove the files of version 2']);
  await expectAsTheLogSays(model, deployed);
});

test('what a deployer left that died after its switch is undone, though the server died too', async () => {
  const model = 'switched';
  const deployed = await deployedTo(model);
  await bench.replica.showVersions({ model, versions: [1, 2], fence: 1 });
  await bench.server.restart();
  await restoreDesiredModels(bench.server);
  expect((await bench.ask({ modelName: model }))[0]?.modelVersion).toBe(2);
  expect(await converge(model, deployed)).toEqual(['show version 1', 'remove the files of version 2']);
  await expectAsTheLogSays(model, deployed);
});

test('a server that comes up empty, its desired state lost, gets back what the log says', async () => {
  const model = 'desired-lost';
  const deployed = await deployedTo(model);
  await rm(join(bench.platform.desiredDirectory, `${model}.json`));
  await bench.server.restart();
  await restoreDesiredModels(bench.server);
  expect(await snapshotOf(model)).toMatchObject({ readyVersions: [], desiredVersions: [] });
  expect(await converge(model, deployed)).toEqual(['show version 1', 'remove the files of version 2']);
  await expectAsTheLogSays(model, deployed);
});

test('a server whose repository was lost gets its engine again', async () => {
  const model = 'repository-lost';
  const deployed = await deployedTo(model);
  await bench.server.kill();
  await rm(join(bench.platform.repositoryDirectory, model), { recursive: true });
  await rm(join(bench.platform.desiredDirectory, `${model}.json`));
  await bench.server.restart();
  expect(await converge(model, deployed)).toEqual(['publish version 1', 'show version 1']);
  await expectAsTheLogSays(model, deployed);
});

test('a late call of the deployer that was replaced is refused', async () => {
  const model = 'late';
  const deployed = await deployedTo(model);
  await bench.replica.raiseFence({ model, fence: 2000 });
  const stale = { failure: 'StaleFence' };
  await expect(bench.replica.showVersions({ model, versions: [1, 2], fence: 1003 })).rejects.toMatchObject(stale);
  await expect(bench.replica.loadCandidate({ model, version: 2, fence: 1003 })).rejects.toMatchObject(stale);
  await converge(model, deployed);
  await expectAsTheLogSays(model, deployed);
});
