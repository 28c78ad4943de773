import { createSpecResolver } from '../../src/adapters/platform/spec-resolver.ts';
import { buildJobDocument } from '../../src/activities/job-document.ts';
import { createRunActivities } from '../../src/activities/run-activities.ts';
import { settleJob } from '../../src/activities/settle-job.ts';
import { AdapterError } from '../../src/adapters/errors.ts';
import type { ArtifactRef } from '../../src/contracts/artifact.ts';
import type { Failure } from '../../src/contracts/failures.ts';
import type { EndedJob, JobHandle, JobRequest } from '../../src/contracts/job.ts';
import { createWorkflowExecutions } from '../../src/workers/workflow-executions.ts';
import type { FakeWorld, Faults } from '../fakes/fake-world.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { unservedPlatform } from '../fakes/platforms.ts';
import { worldWithTargets } from './target-lab.ts';
import type { WorkflowLab } from './workflow-lab.ts';

export interface StoredWorldOptions extends Faults {
  /** What a job does; its result is there when it is done. */
  readonly work?: (request: JobRequest) => Promise<void>;
}

/** A fake world whose targets, records, claims and artifacts are real, in a store that several runs share. */
export function createStoredWorld(lab: WorkflowLab, store: StoreLab, options: StoredWorldOptions = {}): FakeWorld {
  const world = worldWithTargets(lab, options);
  const runs = createRunActivities({
    artifacts: store.artifacts,
    executions: createWorkflowExecutions(lab.environment.client),
    ...unasked,
  });
  const jobs = new Map<string, JobRequest>();
  const stored: Partial<FakeWorld['activities']> = {
    planStage: async (request) => runs.planStage(request),
    discardRecord: async (request) => runs.discardRecord(request),
    releaseStage: async (request) => runs.releaseStage(request),
    submitJob: async (request) => {
      const handle = handleOf(store, request);
      if (!jobs.has(handle.name)) world.submitted.push(request);
      jobs.set(handle.name, request);
      return handle;
    },
    awaitJob: async (job) => {
      const request = jobs.get(job.handle.name);
      if (request === undefined) throw new Error(`nobody submitted ${job.handle.name}`);
      await options.work?.(request);
      await leaveResult(world, store, request);
      return exited;
    },
    publishVersion: async (request) => {
      await verify(store, request.engine);
      await world.activities.publishVersion(request);
    },
    collectJob: async (job) => settleJob(store.artifacts, job),
  };
  return { ...world, activities: { ...world.activities, ...stored } };
}

/** What the fake world answers itself. */
const unasked = {
  archive: { find: async () => 'unknown' as const },
  resolver: createSpecResolver(unservedPlatform()),
  sources: {},
  jobsDigest: 'sha256:c0de',
  links: { temporal: null },
};

const exited = { kind: 'exited', exitCode: 0, logTail: '' } as const;

function handleOf({ artifacts }: StoreLab, request: JobRequest): JobHandle {
  const { jobName, output } = buildJobDocument(request, artifacts.objects.rootUri);
  return { name: jobName, id: '1', outputUri: output.uri };
}

/** What a job does at its end: equal work, equal bytes, each attempt under a prefix of its own; nothing from damaged inputs. */
async function leaveResult(world: FakeWorld, store: StoreLab, request: JobRequest): Promise<void> {
  const handle = handleOf(store, request);
  const key = handle.outputUri.slice(store.artifacts.objects.rootUri.length + 1);
  const failure = await damageOf(store, request);
  if (failure !== null) return store.writeJson(`${key}/result.json`, { status: 'failed', failure });
  const artifact = await store.publish(key, { kind: request.outputKind, files: { [madeFile]: request.stageKey } });
  const job: EndedJob = { stage: request.stage, stageKey: request.stageKey, handle, end: exited };
  const made = await world.activities.collectJob(job);
  if (made.kind === 'failed') return;
  const { summary, metrics } = made.record;
  await store.writeJson(`${key}/result.json`, { status: 'succeeded', artifact, summary, metrics, versions: {} });
}

async function damageOf(store: StoreLab, { inputs }: JobRequest): Promise<Failure | null> {
  try {
    for (const input of Object.values(inputs)) await verify(store, input);
    return null;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return { name: error.failure, message: error.message, details: error.details };
  }
}

async function verify({ artifacts }: StoreLab, artifact: ArtifactRef): Promise<void> {
  await artifacts.readFile(artifact, madeFile);
}

/** The one file of every artifact of this world. */
export const madeFile = 'made.txt';
