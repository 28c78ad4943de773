import { rm, writeFile } from 'node:fs/promises';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { JobActivities } from '../../src/activities/job-activities.ts';
import type { JobRequest } from '../../src/contracts/job.ts';
import type { RunInput } from '../../src/contracts/run-spec.ts';
import type { StageName } from '../../src/contracts/stage.ts';
import type { StageStatus } from '../../src/contracts/run-status.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';
import type { RunHandle } from './run-handle.ts';
import { failureOf, startRun, statusOf, untilPhase } from './run-handle.ts';
import type { StoredWorldOptions } from './stored-world.ts';
import { createStoredWorld, madeFile } from './stored-world.ts';
import { newTarget } from './target-lab.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
let store: StoreLab;
let input: RunInput;
beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
});
afterAll(async () => lab.close());
beforeEach(async () => {
  store = await openStoreLab();
  input = { model: newTarget().model };
});
afterEach(async () => store.remove());

/** The file that an artifact consists of, on this machine's disk. */
function fileIn({ artifact }: StageStatus): string {
  return store.fileOf(`${artifact?.uri.slice(store.artifacts.objects.rootUri.length + 1) ?? ''}/${madeFile}`);
}

/** Other bytes of the same length: no look at sizes finds them. */
async function flipBytes(stage: StageStatus): Promise<void> {
  await writeFile(fileIn(stage), 'x'.repeat(`sha256:${'0'.repeat(64)}`.length));
}

async function stageOf(run: RunHandle, name: StageName): Promise<StageStatus> {
  const found = (await statusOf(run)).stages.find(({ stage }) => stage === name);
  if (found === undefined) throw new Error(`no stage ${name}`);
  return found;
}

function attempts(submitted: readonly JobRequest[], { workflowId }: RunHandle): readonly string[] {
  return submitted.filter(({ runId }) => runId === workflowId).map(({ stage, attempt }) => `${stage} ${attempt}`);
}

/** A run that has made everything that others can take. */
async function finishedRun(): Promise<RunHandle> {
  const run = await startRun(lab, { input });
  await run.result();
  return run;
}

/** Changes what the next run asks of `convert` and all after it, but not what comes before. */
const otherRuntime = { runtime: 'other' };

describe('a damaged artifact of an earlier run', () => {
  test('is rebuilt when the stage that reads it finds other bytes, and the run goes on', async () => {
    const world = createStoredWorld(lab, store);
    await lab.inWorld(world, async () => {
      const before = await finishedRun();
      const damaged = await stageOf(before, 'train');
      await flipBytes(damaged);
      const run = await startRun(lab, { input: { ...input, ...otherRuntime } });
      await run.result();
      expect(attempts(world.submitted, run)).toEqual([
        'convert 1',
        'train 1',
        'convert 2',
        'build-engine 1',
        'evaluate 1',
      ]);
      const rebuilt = await stageOf(run, 'train');
      expect(rebuilt).toMatchObject({
        state: 'done',
        note: expect.stringMatching(/^rebuilt, its artifact was damaged/u),
      });
      expect(rebuilt.artifact?.digest).toBe(damaged.artifact?.digest);
      expect(rebuilt.artifact?.uri).not.toBe(damaged.artifact?.uri);
      expect((await stageOf(run, 'prepare-data')).state).toBe('reused');
      expect((await statusOf(run)).phase).toBe('released');
    });
  });

  test.each([
    ['a file is gone', async (stage: StageStatus) => rm(fileIn(stage))],
    [
      'its manifest was changed',
      async (stage: StageStatus) => writeFile(fileIn(stage).replace(madeFile, 'manifest.json'), '{}'),
    ],
    ['its manifest is gone', async (stage: StageStatus) => rm(fileIn(stage).replace(madeFile, 'manifest.json'))],
  ])('is rebuilt before anybody reads it when %s', async (_how, damage) => {
    const world = createStoredWorld(lab, store);
    await lab.inWorld(world, async () => {
      await damage(await stageOf(await finishedRun(), 'train'));
      const run = await startRun(lab, { input });
      await run.result();
      expect(attempts(world.submitted, run)).toEqual(['train 1', 'evaluate 1']);
      expect((await stageOf(run, 'convert')).state).toBe('reused');
    });
  });

  test('is rebuilt once for two runs that find it at the same time', async () => {
    const world = createStoredWorld(lab, store);
    await lab.inWorld(world, async () => {
      await flipBytes(await stageOf(await finishedRun(), 'train'));
      const runs = await Promise.all(
        ['one', 'two'].map(async (runtime) => startRun(lab, { input: { ...input, runtime } })),
      );
      await Promise.all(runs.map(async (run) => run.result()));
      const trainings = runs.flatMap((run) => attempts(world.submitted, run)).filter((job) => job.startsWith('train'));
      expect(trainings).toEqual(['train 1']);
    });
  });
});

function damaging(
  when: (request: JobRequest) => StageStatus['stage'] | null,
  run: () => RunHandle,
): StoredWorldOptions {
  return {
    work: async (request) => {
      const stage = when(request);
      if (stage !== null) await flipBytes(await stageOf(run(), stage));
    },
  };
}

describe('an artifact that is damaged while its own run goes on', () => {
  test('is rebuilt by a further attempt, and what came before and after it stands', async () => {
    let run: RunHandle | null = null;
    const handle = (): RunHandle => run ?? (Promise.reject(new Error('not started')) as never);
    const world = createStoredWorld(
      lab,
      store,
      damaging(({ stage, attempt }) => (stage === 'build-engine' && attempt === 1 ? 'train' : null), handle),
    );
    await lab.inWorld(world, async () => {
      run = await startRun(lab, { input });
      await run.result();
      expect(attempts(world.submitted, run)).toEqual([
        'prepare-data 1',
        'train 1',
        'convert 1',
        'build-engine 1',
        'train 2',
        'build-engine 2',
        'evaluate 1',
      ]);
      expect((await stageOf(run, 'convert')).state).toBe('done');
    });
  });

  test('parks the run after two rebuilds, with the failure that names it', async () => {
    let run: RunHandle | null = null;
    const handle = (): RunHandle => run ?? (Promise.reject(new Error('not started')) as never);
    const world = createStoredWorld(
      lab,
      store,
      damaging(({ stage }) => (stage === 'convert' ? 'train' : null), handle),
    );
    await lab.inWorld(world, async () => {
      run = await startRun(lab, { input });
      const { attention } = await untilPhase(run, 'needs-attention');
      expect(attention).toMatchObject({ stage: 'convert', failure: { name: 'CorruptArtifact' } });
      expect(attention?.failure.message).toContain((await stageOf(run, 'train')).artifact?.uri);
      expect(attempts(world.submitted, run).filter((job) => job.startsWith('train'))).toEqual([
        'train 1',
        'train 2',
        'train 3',
      ]);
    });
  });

  test('is rebuilt when the deployment finds it, and the approval of equal bytes still counts', async () => {
    const world = createStoredWorld(lab, store, { approvalRequired: true });
    await lab.inWorld(world, async () => {
      const run = await startRun(lab, { input: { ...input, approval: { required: true } } });
      const { approval } = await untilPhase(run, 'awaiting-approval');
      const damaged = await stageOf(run, 'build-engine');
      await flipBytes(damaged);
      await run.executeUpdate('decide', {
        args: [{ decision: 'approve', by: 'ada', engineDigest: approval?.engineDigest ?? 'sha256:' }],
      });
      const { engine } = await run.result();
      expect(engine.digest).toBe(damaged.artifact?.digest);
      expect(engine.uri).not.toBe(damaged.artifact?.uri);
      expect(attempts(world.submitted, run).slice(-2)).toEqual(['evaluate 1', 'build-engine 2']);
      expect(world.serving.published).toEqual([1]);
    });
  });

  test('ends the run when no stage of it made that artifact', async () => {
    const foreign = { name: 'CorruptArtifact', message: 'artifact of another', details: { uri: 'file:///x' } } as const;
    const world = createStoredWorld(lab, store, { repair: { onFailure: 'fail' } });
    const collectJob: JobActivities['collectJob'] = async (job) =>
      job.stage === 'train'
        ? { kind: 'failed', failure: foreign, retryable: false, logTail: '' }
        : world.activities.collectJob(job);
    await lab.inWorld({ ...world, activities: { ...world.activities, collectJob } }, async () => {
      const run = await startRun(lab, { input });
      expect(await failureOf(run)).toMatchObject({ name: 'CorruptArtifact', message: 'artifact of another' });
      expect(attempts(world.submitted, run)).toEqual(['prepare-data 1', 'train 1']);
    });
  });
});
