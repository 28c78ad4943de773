import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { ServingActivities } from '../../src/activities/serving-activities.ts';
import { createServingActivities } from '../../src/activities/serving-activities.ts';
import type { FakeReplica } from '../fakes/fake-replica.ts';
import { createFakeReplica } from '../fakes/fake-replica.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';
import { spec as smokeSpec } from './smoke/figures.ts';

const target = { target: 'production', model: 'glossary' };
const serving = { maxNewTokens: 64, cacheSizeGb: 1, maxConcurrent: 4, threads: 1 };

let store: StoreLab;
let activities: ServingActivities;
let first: FakeReplica;
let second: FakeReplica;
let environment: MockActivityEnvironment;

beforeEach(async () => {
  store = await openStoreLab();
  first = createFakeReplica('a');
  second = createFakeReplica('b');
  activities = createServingActivities({ replicas: { production: [first, second] }, artifacts: store.artifacts });
  environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
});
afterEach(async () => store.remove());

async function run<Result>(work: () => Promise<Result>): Promise<Result> {
  return environment.run<[], Result, () => Promise<Result>>(work);
}

describe('a target that is taken over', () => {
  const takeOver = { ...target, fence: 2 };

  test('tells of every replica what it shows, whether they agree or not', async () => {
    Object.assign(first, { ready: [1, 2], published: [1, 2] });
    Object.assign(second, { ready: [1], published: [1, 2, 3], candidate: 3 });
    const agreed = { desiredVersions: [1, 2], stagedVersions: [], hasCandidate: false };
    expect(await run(async () => activities.takeOver(takeOver))).toEqual([
      { replica: 'a', readyVersions: [1, 2], publishedVersions: [1, 2], ...agreed },
      {
        replica: 'b',
        readyVersions: [1],
        publishedVersions: [1, 2, 3],
        ...agreed,
        desiredVersions: [1],
        hasCandidate: true,
      },
    ]);
  });

  test('is closed to every earlier deployer', async () => {
    await run(async () => activities.takeOver(takeOver));
    for (const late of [
      async () => activities.showVersions({ ...target, versions: [1], fence: 1 }),
      async () => activities.loadCandidate({ ...target, version: 1, fence: 1 }),
      async () => activities.takeOver({ ...target, fence: 1 }),
    ]) {
      await expect(run<unknown>(late)).rejects.toMatchObject({ failure: 'StaleFence' });
    }
  });

  test('that nobody has is NotFound, naming those there are', async () => {
    await expect(run(async () => activities.takeOver({ ...takeOver, target: 'prod' }))).rejects.toMatchObject({
      failure: 'NotFound',
      message: 'no target "prod"; there is production',
    });
  });
});

describe('a change of a target', () => {
  test('reaches every replica and may be repeated', async () => {
    const version = { ...target, version: 1, engine: await store.publish('engine'), serving, fence: 1 };
    for (let times = 0; times < 2; times++) {
      await run(async () => activities.publishVersion(version));
      await run(async () => activities.loadCandidate(version));
      await run(async () => activities.unloadCandidate(version));
      await run(async () => activities.showVersions({ ...version, versions: [1] }));
    }
    for (const replica of [first, second]) {
      expect(replica).toMatchObject({ ready: [1], published: [1], candidate: null });
    }
  });

  test('takes as long as its slowest replica', async () => {
    second.switchDelayMs = 60;
    const { switchMs } = await run(async () => activities.showVersions({ ...target, versions: [1], fence: 1 }));
    expect(switchMs).toBeGreaterThanOrEqual(55);
  });

  test('removes the files of versions that are not kept, on each replica those it has', async () => {
    Object.assign(first, { ready: [3], published: [1, 2, 3] });
    Object.assign(second, { ready: [3], published: [2, 3] });
    const removed = await run(async () => activities.retireVersions({ ...target, keep: [2, 3], fence: 1 }));
    expect(removed).toEqual([1]);
    expect([first.published, second.published]).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });

  test('removes what a worker has left that was killed while it removed a version', async () => {
    Object.assign(first, { ready: [3], published: [2, 3], staged: [1] });
    const removed = await run(async () => activities.retireVersions({ ...target, keep: [2, 3], fence: 1 }));
    expect(removed).toEqual([1]);
    expect(first).toMatchObject({ published: [2, 3], staged: [] });
  });

  test('is seen through though the run is cancelled meanwhile, so that its undo comes after it', async () => {
    second.switchDelayMs = 60;
    const switching = run(async () => activities.showVersions({ ...target, versions: [1], fence: 1 }));
    environment.cancel();
    await switching;
    expect(second.ready).toEqual([1]);
  });

  test('that fails on one replica ends when the others have ended', async () => {
    second.switchDelayMs = 60;
    await first.raiseFence({ model: target.model, fence: 2 });
    const switching = run(async () => activities.showVersions({ ...target, versions: [1], fence: 1 }));
    await expect(switching).rejects.toMatchObject({ failure: 'StaleFence' });
    expect([first.ready, second.ready]).toEqual([[], [1]]);
  });
});

describe('an engine', () => {
  test('that fits every replica passes', async () => {
    const engine = await store.publish('engine', { attributes: { runtimeVersions: { openvino: '2026.1' } } });
    for (const replica of [first, second])
      replica.machine = { runtimeVersions: { openvino: '2026.1' }, cpuFeatures: [] };
    await expect(run(async () => activities.checkEngine({ target, engine }))).resolves.toBeUndefined();
  });

  test('that does not fit one names the replica and every difference', async () => {
    const attributes = { runtimeVersions: { openvino: '2026.1' }, cpuFeatures: ['amx'] };
    const engine = await store.publish('engine', { attributes });
    first.machine = { runtimeVersions: { openvino: '2026.1' }, cpuFeatures: ['amx'] };
    second.machine = { runtimeVersions: { openvino: '2025.4' }, cpuFeatures: [] };
    await expect(run(async () => activities.checkEngine({ target, engine }))).rejects.toMatchObject({
      failure: 'IncompatibleEnvironment',
      message:
        'the engine does not fit replica b: built with openvino 2026.1, it has 2025.4; it lacks the CPU features amx. Build it for this machine.',
    });
  });
});

describe('the smoke test', () => {
  test('asks the candidate of every replica and reports the worst', async () => {
    first.candidate = 2;
    second.candidate = 3;
    const report = await run(async () => activities.smokeTest({ ...target, version: 2, spec: smokeSpec }));
    expect(report.violations[0]).toContain('3');
    first.candidate = 3;
    second.candidate = 2;
    const turned = await run(async () => activities.smokeTest({ ...target, version: 2, spec: smokeSpec }));
    expect(turned.violations).toEqual(report.violations);
  });

  test('passes where all candidates answer', async () => {
    first.candidate = 2;
    second.candidate = 2;
    const report = await run(async () => activities.smokeTest({ ...target, version: 2, spec: smokeSpec }));
    expect(report).toMatchObject({ version: 2, failedRequests: 0, violations: [] });
  });
});

describe('the route that users take', () => {
  const verify = { ...target, version: 2, prompt: 'Hello' };

  beforeEach(() => {
    first.ready = [1, 2];
    second.ready = [1, 2];
  });

  test('is verified when the new version answers on every replica', async () => {
    await expect(run(async () => activities.verifyRoute(verify))).resolves.toBeUndefined();
  });

  test.each([
    ['another version answers', { answersAs: 1 }, 'replica b: version 1 answered 3 tokens where version 2 should'],
    ['nothing comes', { tokens: 0 }, 'replica b: version none answered 0 tokens where version 2 should'],
  ])('is not when %s', async (_name, fault, message) => {
    Object.assign(second, fault);
    await expect(run(async () => activities.verifyRoute(verify))).rejects.toMatchObject({
      failure: 'VerificationFailed',
      message,
    });
  });

  test('is asked again where a server was restarted and does not know the model yet', async () => {
    second.ready = [];
    await expect(run(async () => activities.verifyRoute(verify))).rejects.toMatchObject({
      failure: 'Unavailable',
      message: 'replica b does not know glossary, which it served a moment ago: it was restarted and loads it again',
    });
  });
});
