import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restoreDesiredModels } from '../../../src/adapters/triton/desired-state.ts';
import { createTritonReplica } from '../../../src/adapters/triton/replica.ts';
import { openControl } from '../../../src/protocols/triton/control.ts';
import { startTriton } from '../../servers/triton.ts';
import type { ReplicaBench } from './replica-bench.ts';
import { openBench, platformOf } from './replica-bench.ts';

let bench: ReplicaBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => bench.stop());

test('an engine that fails to load is rejected with its reason while the live version answers on', async () => {
  const model = 'rejected';
  await bench.publish(model, 1);
  await bench.replica.showVersions({ model, versions: [1], fence: 1 });
  await bench.publish(model, 2, { failure: 'bad engine: weights are 7 bytes' });
  await expect(bench.replica.loadCandidate({ model, version: 2, fence: 1 })).rejects.toMatchObject({
    failure: 'EngineRejected',
    message: expect.stringContaining('bad engine: weights are 7 bytes') as unknown,
  });
  expect((await bench.ask({ modelName: model }))[0]?.modelVersion).toBe(1);
  expect(await bench.initialized(model)).toEqual([`${model} 1`, `${model}--candidate 2`]);
});

test('after a failed candidate is unloaded the server counts as ready again, and another candidate can be loaded', async () => {
  const model = 'cleared';
  await bench.publish(model, 1, { failure: 'bad engine' });
  await expect(bench.replica.loadCandidate({ model, version: 1, fence: 1 })).rejects.toMatchObject({
    failure: 'EngineRejected',
  });
  await bench.replica.unloadCandidate({ model, fence: 1 });
  await bench.replica.unloadCandidate({ model: 'rejected', fence: 1 });
  expect(await isServerReady()).toBe(true);
  expect((await bench.replica.readState(model)).index).toEqual([]);
  await bench.publish(model, 2);
  await bench.replica.loadCandidate({ model, version: 2, fence: 1 });
  expect((await bench.ask({ modelName: `${model}--candidate` }))[0]?.modelVersion).toBe(2);
});

test('a switch to a version that fails to load leaves live and desired state as they were', async () => {
  const model = 'kept';
  await bench.publish(model, 1);
  await bench.replica.showVersions({ model, versions: [1], fence: 1 });
  await bench.publish(model, 2, { failure: 'bad engine' });
  await expect(bench.replica.showVersions({ model, versions: [1, 2], fence: 1 })).rejects.toMatchObject({
    failure: 'EngineRejected',
  });
  expect(await bench.replica.readState(model)).toMatchObject({ readyVersions: [1], desiredVersions: [1] });
});

test('a version that was never published cannot be shown', async () => {
  await expect(bench.replica.showVersions({ model: 'nothing', versions: [4], fence: 1 })).rejects.toMatchObject({
    failure: 'NotFound',
  });
});

test('a deployer whose lease is older than one seen before changes nothing', async () => {
  const model = 'fenced';
  const engine = await bench.publish(model, 1);
  await bench.replica.showVersions({ model, versions: [1], fence: 7 });
  const stale = { failure: 'StaleFence' };
  const serving = { maxNewTokens: 32, cacheSizeGb: 1, maxConcurrent: 4, threads: 1 };
  await expect(bench.replica.showVersions({ model, versions: [], fence: 6 })).rejects.toMatchObject(stale);
  await expect(bench.replica.loadCandidate({ model, version: 1, fence: 6 })).rejects.toMatchObject(stale);
  await expect(bench.replica.unloadCandidate({ model, fence: 6 })).rejects.toMatchObject(stale);
  await expect(bench.replica.unpublish({ model, version: 1, fence: 6 })).rejects.toMatchObject(stale);
  await expect(bench.replica.publish({ model, version: 2, engine, serving, fence: 6 })).rejects.toMatchObject(stale);
  expect(await bench.replica.readState(model)).toMatchObject({ readyVersions: [1], publishedVersions: [1] });
});

test('a fence that is raised refuses a late call of the step before, and lets the same step be repeated', async () => {
  const model = 'raised';
  await bench.publish(model, 1);
  await bench.replica.raiseFence({ model, fence: 3001 });
  await bench.replica.raiseFence({ model, fence: 3001 });
  await expect(bench.replica.showVersions({ model, versions: [1], fence: 3000 })).rejects.toMatchObject({
    failure: 'StaleFence',
  });
  await expect(bench.replica.raiseFence({ model, fence: 3000 })).rejects.toMatchObject({ failure: 'StaleFence' });
  await bench.replica.showVersions({ model, versions: [1], fence: 3001 });
});

test('a wrong secret is access denied, not a server that is away', async () => {
  const secretFile = join(bench.shelf.directory, 'wrong-secret');
  await writeFile(secretFile, 'guess');
  const intruder = createTritonReplica({
    replica: { ...bench.platform, secretFile },
    artifacts: bench.shelf.artifacts,
  });
  await expect(intruder.readState('rejected')).rejects.toMatchObject({ failure: 'AccessDenied' });
  await rm(secretFile);
  await expect(intruder.readState('rejected')).rejects.toMatchObject({ failure: 'AccessDenied' });
});

test('a server without explicit model control is access denied', async () => {
  const server = await startTriton({ flags: ['--model-control-mode=none'] });
  const replica = createTritonReplica({ replica: platformOf(server), artifacts: bench.shelf.artifacts });
  const engine = await bench.shelf.build({ name: 'wrong mode' });
  const serving = { maxNewTokens: 32, cacheSizeGb: 1, maxConcurrent: 4, threads: 1 };
  try {
    await replica.publish({ model: 'm', version: 1, engine, serving, fence: 1 });
    await expect(replica.loadCandidate({ model: 'm', version: 1, fence: 1 })).rejects.toMatchObject({
      failure: 'AccessDenied',
      message: expect.stringContaining('--model-control-mode=explicit') as unknown,
    });
  } finally {
    await server.stop();
  }
});

test('a load that outlives its deadline is waited for and not sent again', async () => {
  const model = 'slow';
  await bench.publish(model, 1, { loadSeconds: 1.5 });
  const hasty = createTritonReplica({
    replica: bench.platform,
    artifacts: bench.shelf.artifacts,
    timeouts: { loadMs: 400 },
  });
  await expect(hasty.loadCandidate({ model, version: 1, fence: 1 })).rejects.toMatchObject({ failure: 'Unavailable' });
  await bench.replica.loadCandidate({ model, version: 1, fence: 1 });
  expect(await bench.initialized(model)).toEqual([`${model}--candidate 1`]);
});

test('a restarted server serves again what was live, and nothing else', async () => {
  const model = 'restarted';
  await bench.publish(model, 1);
  await bench.publish(model, 2);
  await bench.replica.showVersions({ model, versions: [1, 2], fence: 1 });
  await bench.publish(model, 3);
  await bench.replica.loadCandidate({ model, version: 3, fence: 1 });
  await bench.server.restart();
  const restored = await restoreDesiredModels(bench.server);
  expect(restored).toContain(model);
  expect((await bench.replica.readState(model)).index.filter(({ state }) => state === 'READY')).toHaveLength(2);
  expect((await bench.ask({ modelName: model }))[0]?.modelVersion).toBe(2);
});

test('a server that is killed while it loads comes back with the former versions, and the load can be repeated', async () => {
  const model = 'killed';
  await bench.publish(model, 1);
  await bench.replica.showVersions({ model, versions: [1], fence: 1 });
  await bench.publish(model, 2, { loadSeconds: 20 });
  const impatient = createTritonReplica({
    replica: bench.platform,
    artifacts: bench.shelf.artifacts,
    timeouts: { unreachableMs: 300 },
  });
  const switching = expect(impatient.showVersions({ model, versions: [1, 2], fence: 1 })).rejects.toMatchObject({
    failure: 'Unavailable',
  });
  await expect.poll(async () => bench.initialized(model), { timeout: 20_000 }).toContain(`${model} 2`);
  await bench.server.kill();
  await switching;
  await bench.server.restart();
  await restoreDesiredModels(bench.server);
  expect(await bench.replica.readState(model)).toMatchObject({ readyVersions: [1], desiredVersions: [1] });
  await bench.replica.showVersions({ model, versions: [1], fence: 1 });
});

test('the machine that engines must fit is read from its file', async () => {
  expect(await bench.replica.describeMachine()).toEqual({
    runtimeVersions: { triton: '2.51.0' },
    cpuFeatures: ['avx2'],
  });
});

async function isServerReady(): Promise<boolean> {
  const control = openControl(bench.server);
  return control.serverReady().finally(() => control.close());
}
