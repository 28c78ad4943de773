import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openInference } from '../../../src/protocols/triton/inference.ts';
import type { ReplicaBench } from './replica-bench.ts';
import { openBench } from './replica-bench.ts';

let bench: ReplicaBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => bench.stop());

test('a release and its rollback under load fail no request, load each version once and take less than 200 ms', async () => {
  const model = 'busy';
  await bench.publish(model, 1, { tokenSeconds: 0.005 });
  await bench.replica.showVersions({ model, versions: [1], fence: 1 });
  const load = startLoad(bench.server.grpcAddress, model);

  await bench.publish(model, 2, { tokenSeconds: 0.005 });
  await bench.replica.loadCandidate({ model, version: 2, fence: 1 });
  await bench.replica.unloadCandidate({ model, fence: 1 });
  await bench.replica.showVersions({ model, versions: [1, 2], fence: 1 });
  await load.untilVersion(2);
  const rollbackMs = await timed(async () => bench.replica.showVersions({ model, versions: [1], fence: 1 }));
  await load.untilVersion(1);
  const result = await load.stop();

  expect(result.errors).toEqual([]);
  expect(result.answers).toBeGreaterThan(20);
  expect(await bench.initialized(model)).toEqual([`${model} 1`, `${model}--candidate 2`, `${model} 2`]);
  expect(rollbackMs).toBeLessThan(200);
});

test('a switch between resident versions reloads neither', async () => {
  const model = 'resident';
  await bench.publish(model, 1);
  await bench.publish(model, 2);
  await bench.publish(model, 3);
  await bench.replica.showVersions({ model, versions: [1, 2, 3], fence: 1 });
  const before = await bench.initialized(model);
  const switchMs = await timed(async () => bench.replica.showVersions({ model, versions: [1, 2], fence: 1 }));
  expect((await bench.ask({ modelName: model }))[0]?.modelVersion).toBe(2);
  await bench.publish(model, 4);
  const backMs = await timed(async () => bench.replica.showVersions({ model, versions: [1], fence: 1 }));
  expect((await bench.ask({ modelName: model }))[0]?.modelVersion).toBe(1);
  expect(await bench.initialized(model)).toEqual(before);
  expect(Math.max(switchMs, backMs)).toBeLessThan(200);
});

test('users without a version are answered by the live one while a higher candidate is loaded', async () => {
  const model = 'careful';
  await bench.publish(model, 1);
  await bench.replica.showVersions({ model, versions: [1], fence: 1 });
  await bench.publish(model, 2);
  await bench.replica.loadCandidate({ model, version: 2, fence: 1 });
  const [live] = await bench.ask({ modelName: model });
  const [candidate] = await bench.ask({ modelName: `${model}--candidate`, version: 2 });
  expect([live?.modelVersion, candidate?.modelVersion]).toEqual([1, 2]);
});

test('showing the same versions again changes nothing', async () => {
  const model = 'same';
  await bench.publish(model, 1);
  await bench.replica.showVersions({ model, versions: [1], fence: 1 });
  await bench.replica.showVersions({ model, versions: [1], fence: 1 });
  expect(await bench.initialized(model)).toEqual([`${model} 1`]);
  expect(await bench.replica.readState(model)).toMatchObject({
    readyVersions: [1],
    desiredVersions: [1],
    publishedVersions: [1],
  });
});

test('showing no versions unloads the model and forgets it', async () => {
  const model = 'retired';
  await bench.publish(model, 1);
  await bench.replica.showVersions({ model, versions: [1], fence: 1 });
  await bench.replica.showVersions({ model, versions: [], fence: 1 });
  await bench.replica.showVersions({ model, versions: [], fence: 1 });
  expect(await bench.replica.readState(model)).toMatchObject({ readyVersions: [], desiredVersions: [] });
});

test('loading writes nothing into the directory of a version', async () => {
  const model = 'untouched';
  await bench.publish(model, 1);
  const folder = join(bench.platform.repositoryDirectory, model, '1');
  const before = await contentOf(folder);
  await bench.replica.loadCandidate({ model, version: 1, fence: 1 });
  await bench.ask({ modelName: `${model}--candidate` });
  expect(await contentOf(folder)).toEqual(before);
});

interface Load {
  untilVersion(version: number): Promise<void>;
  stop(): Promise<{ readonly answers: number; readonly errors: readonly string[] }>;
}

/** Four users that ask one after another, streaming, without a version. */
function startLoad(grpcAddress: string, modelName: string): Load {
  const client = openInference({ grpcAddress });
  const errors: string[] = [];
  let answers = 0;
  let version = 0;
  const stopping = new AbortController();
  const user = async (): Promise<void> => {
    while (!stopping.signal.aborted && errors.length === 0) {
      try {
        for await (const chunk of client.generate({
          modelName,
          prompt: 'a b c d',
          maxTokens: 4,
          temperature: 0,
          stream: true,
          timeoutMs: 10_000,
        })) {
          version = chunk.modelVersion;
        }
        answers += 1;
      } catch (error) {
        errors.push(String(error));
      }
    }
  };
  const users = [user(), user(), user(), user()];
  return {
    untilVersion: async (wanted) => {
      await expect.poll(() => version, { timeout: 10_000, interval: 10 }).toBe(wanted);
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(users);
      await client.close();
      return { answers, errors };
    },
  };
}

async function contentOf(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder, { recursive: true })).toSorted();
  return Promise.all(['.', ...names].map(async (name) => `${name} ${(await stat(join(folder, name))).ctimeMs}`));
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
