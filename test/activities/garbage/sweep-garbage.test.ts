import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { GarbageActivities } from '../../../src/activities/garbage-activities.ts';
import { createGarbageActivities } from '../../../src/activities/garbage-activities.ts';
import type { ReferenceDependencies } from '../../../src/activities/garbage/references.ts';
import type { StagePlan } from '../../../src/activities/stage-plans.ts';
import { planStage, stageKeyOf } from '../../../src/activities/stage-plans.ts';
import { createArtifactStore } from '../../../src/adapters/artifacts/artifact-store.ts';
import { AdapterError } from '../../../src/adapters/errors.ts';
import type { Artifact } from '../../../src/contracts/artifact.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { viewOf } from '../../../src/workflows/target-state.ts';
import { emptyTarget } from '../../../src/workflows/target-state.ts';
import type { OpenStore, StoreUnderTest } from '../../adapters/stores-under-test.ts';
import { openDirectoryUnderTest, openS3UnderTest } from '../../adapters/stores-under-test.ts';
import { releaseOf } from '../../fakes/releases.ts';
import type { VersitygwServer } from '../../servers/versitygw.ts';
import { startVersitygw, versitygwProblem } from '../../servers/versitygw.ts';

const problem = await versitygwProblem();

describeCollection('a directory', openDirectoryUnderTest);

describe.skipIf(problem !== null)(`S3 on versitygw${problem === null ? '' : ` (skipped: ${problem})`}`, () => {
  let server: VersitygwServer;
  beforeAll(async () => {
    server = await startVersitygw();
  });
  afterAll(async () => server.stop());

  describeCollection('a bucket', () => openS3UnderTest(server));
});

const dayMs = 86_400_000;
const work = { stage: 'train', inputs: {}, parameters: { steps: 3 }, jobsDigest: 'sha256:c0de' } as const;
const stageKey = stageKeyOf(work);
const shortKey = stageKey.slice(7, 23);
const claims = `claims/${stageKey.slice(7)}`;

function describeCollection(place: string, openStore: OpenStore): void {
  describe(`garbage in ${place}`, () => {
    let lab: StoreUnderTest;
    let world: Omit<ReferenceDependencies, 'objects'>;
    let artifact: Artifact;

    beforeEach(async () => {
      lab = await openStore();
      world = knowing({});
      artifact = await publish('forgotten-1');
      await put(`stages/${stageKey.slice(7)}.json`, { stageKey, artifact, summary: {}, metrics: {} });
    });
    afterEach(async () => lab.remove());

    /** Puts an object that was written two days ago. */
    async function put(key: string, value: object): Promise<void> {
      await lab.store.putIfAbsent(key, Buffer.from(JSON.stringify(value)));
      await age(key);
    }

    async function age(key: string): Promise<void> {
      const then = new Date(Date.now() - 2 * dayMs);
      await utimes(lab.fileOf(key), then, then);
    }

    async function publish(attempt: string): Promise<Artifact> {
      const directory = join(lab.scratch, attempt);
      await mkdir(directory);
      for (const name of ['model.txt', 'vocab.txt']) await writeFile(join(directory, name), `${name} of ${attempt}`);
      const key = `artifacts/checkpoint/${shortKey}/${attempt}`;
      const target = { uri: `${lab.store.rootUri}/${key}`, kind: 'checkpoint', attributes: {} } as const;
      const published = await createArtifactStore(lab.store).publish(directory, target);
      for (const name of ['model.txt', 'vocab.txt', 'manifest.json']) await age(`${key}/${name}`);
      return published;
    }

    async function call<Result>(
      act: (activities: GarbageActivities) => Promise<Result>,
      objects: ObjectStore = lab.store,
    ): Promise<Result> {
      const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
      return environment.run(async () => act(createGarbageActivities({ ...world, objects })));
    }

    const find = async (): ReturnType<GarbageActivities['findGarbage']> =>
      call(async (activities) => activities.findGarbage({ olderThanMs: dayMs }));
    const sweep = async (objects?: ObjectStore): ReturnType<GarbageActivities['removeGarbage']> =>
      call(async (activities) => activities.removeGarbage({ olderThanMs: dayMs }), objects);

    async function keys(): Promise<readonly string[]> {
      return Array.fromAsync(lab.store.list(''), ({ key }) => key);
    }

    async function plan(run: string, objects: ObjectStore = lab.store): Promise<StagePlan> {
      const dependencies = { artifacts: createArtifactStore(objects), executions: { isOpen: async () => true } };
      return planStage(dependencies, {
        ...work,
        holder: { workflowId: run, runId: '1' },
        reuse: true,
        olderJobsDigests: [],
      });
    }

    test('is what forgotten runs have left, and is gone once it was removed', async () => {
      await put(`checkpoints/${shortKey}/step-000000020/train-${shortKey}-forgotten-1/manifest.json`, {});
      await put(`checkpoints/${shortKey}-alone/step-000000020/train-${shortKey}-alone-1/state.bin`, {});
      await put(`${claims}/00000001.json`, { workflowId: 'forgotten', runId: '1' });
      await put(`${claims}/00000001.waiting/0123456789abcdef`, { workflowId: 'forgotten-too', runId: '1' });
      await put('uses/0123.json', { workflowId: 'forgotten', artifactUri: artifact.uri });
      await put('runs/forgotten/spec-0123456789abcdef.json', {});
      for (const name of ['log/20261127T120000Z-pod/0.txt', 'ended.json'])
        await put(`jobs/train-${shortKey}-forgotten-1/${name}`, {});
      await put('something/of-somebody-else.txt', {});
      const { garbage, kept } = await find();
      expect(garbage.map(({ kind, count }) => [kind, count])).toEqual([
        ['artifact', 1],
        ['record', 1],
        ['checkpoint', 2],
        ['claim', 1],
        ['use', 1],
        ['spec', 1],
        ['job', 1],
      ]);
      expect(garbage[0]?.sizeBytes).toBeGreaterThan(artifact.sizeBytes);
      expect(kept).toEqual([]);
      expect(await keys()).toHaveLength(13);
      expect(await sweep()).toEqual(garbage);
      expect(await keys()).toEqual(['something/of-somebody-else.txt']);
      expect(await sweep()).toEqual([]);
    });

    test.each<[string, () => Parameters<typeof knowing>[0]]>([
      ['an open run', () => ({ runs: { forgotten: true } })],
      ['a run that Temporal keeps', () => ({ runs: { forgotten: false } })],
      ['a release', () => ({ released: artifact })],
      ['a registered version, by its digest', () => ({ tags: { 'windlass.checkpoint.digest': artifact.digest } })],
    ])('is not what %s refers to', async (_who, facts) => {
      world = knowing(facts());
      const before = await keys();
      expect((await find()).garbage).toEqual([]);
      expect(await sweep()).toEqual([]);
      expect(await keys()).toEqual(before);
    });

    test('is not what a base model names, nor what is young', async () => {
      await put('models/smol.json', artifact);
      await lab.store.putIfAbsent('runs/new/spec-0123456789abcdef.json', Buffer.from('{}'));
      expect((await find()).garbage).toEqual([]);
      expect((await find()).kept.map(({ kind, by }) => [kind, by])).toEqual([
        ['artifact', 'base-model'],
        ['record', 'base-model'],
        ['spec', 'grace-period'],
      ]);
    });

    test('is never what could not be asked about', async () => {
      const away = new AdapterError('Unavailable', 'MLflow is away', { system: 'mlflow' });
      world = {
        ...world,
        registry: {
          listVersions: () => {
            throw away;
          },
        },
      };
      const before = await keys();
      await expect(sweep()).rejects.toBe(away);
      expect(await keys()).toEqual(before);
    });

    test('looks like nothing whole when its removal dies half way, and the next one removes the rest', async () => {
      const all = (await keys()).length;
      for (let deletions = 1; deletions < all; deletions++) {
        await expect(sweep(dyingAfter(lab.store, 1))).rejects.toThrow('died');
        expect(await createArtifactStore(lab.store).isComplete(artifact)).toBe(deletions === 1);
        expect(await lab.store.stat(`stages/${stageKey.slice(7)}.json`)).toBeNull();
        expect(await keys()).toHaveLength(all - deletions);
      }
      await sweep();
      expect(await keys()).toEqual([]);
    });

    test('is not what a run begins to use just before its record goes', async () => {
      let taken: StagePlan | null = null;
      const racing: ObjectStore = {
        ...lab.store,
        delete: async (key) => {
          taken ??= await plan('late');
          await lab.store.delete(key);
        },
      };
      const removed = await sweep(racing);
      expect(taken).toMatchObject({ record: { artifact } });
      expect(removed.map(({ kind }) => kind)).toEqual(['record']);
      expect(await createArtifactStore(lab.store).isComplete(artifact)).toBe(true);
    });

    test('is not taken by a run that finds the record gone at its second look', async () => {
      const racing: ObjectStore = {
        ...lab.store,
        putIfAbsent: async (key, bytes) => {
          if (key.startsWith('uses/')) await lab.store.delete(`stages/${stageKey.slice(7)}.json`);
          return lab.store.putIfAbsent(key, bytes);
        },
      };
      expect(await plan('late', racing)).toEqual({ stageKey, record: null, claim: 1 });
    });
  });
}

test('a directory gives up temporary files and empty folders that nobody has touched for a day', async () => {
  const lab = await openDirectoryUnderTest();
  const leftovers = ['.tmp/host+1+abc', 'artifacts/engine/k/g-1/.staging-0123', 'artifacts/engine/empty'];
  for (const path of leftovers) {
    const file = lab.fileOf(path);
    await mkdir(path.endsWith('empty') ? file : dirname(file), { recursive: true });
    if (!path.endsWith('empty')) await writeFile(file, '12345');
    await utimes(file, new Date(0), new Date(0));
  }
  const activities = createGarbageActivities({ ...knowing({}), objects: lab.store });
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const removed = await environment.run(async () => activities.removeGarbage({ olderThanMs: dayMs }));
  expect(removed).toEqual([{ kind: 'unfinished', count: 3, sizeBytes: 10 }]);
  expect(await environment.run(async () => activities.removeGarbage({ olderThanMs: dayMs }))).toEqual([]);
  await lab.remove();
});

/** A Temporal, an MLflow and targets that know only this. */
function knowing(facts: {
  readonly runs?: Readonly<Record<string, boolean>>;
  readonly released?: Artifact;
  readonly tags?: Readonly<Record<string, string>>;
}): Omit<ReferenceDependencies, 'objects'> {
  const { runs = {}, released, tags = {} } = facts;
  const target = { target: 'production', model: 'glossary' };
  const releases = released === undefined ? [] : [{ ...releaseOf(1, 1), engine: released }];
  return {
    executions: {
      list: async function* list() {
        for (const [workflowId, isOpen] of Object.entries(runs))
          yield { workflowId, runId: '1', type: 'llmPipeline', isOpen };
        yield { workflowId: 'target/production/glossary', runId: '1', type: 'servingTarget', isOpen: true };
      },
    },
    gate: { view: async () => viewOf({ ...emptyTarget, releases }, target) },
    registry: {
      listVersions: async function* listVersions() {
        yield { version: 1, tags };
      },
    },
  };
}

/** A store whose user dies after some deletions. */
function dyingAfter(store: ObjectStore, deletions: number): ObjectStore {
  let left = deletions;
  return {
    ...store,
    delete: async (key) => {
      if (left <= 0) throw new Error('died');
      left -= 1;
      await store.delete(key);
    },
  };
}
