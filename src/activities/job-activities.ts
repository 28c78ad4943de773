import { activityInfo, CancelledFailure, Context } from '@temporalio/activity';

import type { ArtifactStore } from '../ports/object-store.ts';
import type { JobRunner } from '../ports/job-runner.ts';
import type { Tracking } from '../ports/tracking.ts';
import type { WorkflowExecutions } from '../ports/workflow-executions.ts';
import type { EndedJob, JobEnd, JobHandle, JobOutcome, JobRequest, JobState, StartedJob } from '../contracts/job.ts';
import { tellProgress } from './heartbeat.ts';
import { buildJobDocument } from './job-document.ts';
import type { LogKeeping } from './log-keeping.ts';
import { createLogKeeping } from './log-keeping.ts';
import { createPollClock } from './job-poll.ts';
import { finalPoints, metricPoints, progressLine } from './job-progress.ts';
import type { ToldProgress } from './job-time.ts';
import { createTimekeeper, endUnderLimits } from './job-time.ts';
import { removeIfOrphan } from './orphan-jobs.ts';
import { withPinnedFiles } from './pinned-sources.ts';
import { settleJob } from './settle-job.ts';

/** What a workflow can ask about jobs; served by the worker that has the job runner's rights. */
export interface JobActivities {
  /** Starts the job or adopts the one of the same name. Idempotent. @throws `Unavailable`, `Conflict`, `StorageFull` */
  submitJob(request: JobRequest): Promise<JobHandle>;
  /**
   * Follows the job to its end: progress goes into the heartbeat (so it is seen in the Temporal UI) and its metrics to the metrics
   * store. A worker that dies or stops leaves the job alone; the next attempt goes on from the heartbeat's offset. A job that has run
   * longer than it may, or without progress for longer, is stopped. A job whose run was terminated is ended.
   */
  awaitJob(job: StartedJob): Promise<JobEnd>;
  /**
   * The verdict: exit code, result document and digests. On success the final metrics are sent and the stage record is kept under the
   * stage key and the claim released; then the job's scratch is freed. Idempotent: all it reads is the store and what it is given.
   */
  collectJob(job: EndedJob): Promise<JobOutcome>;
  /** Ends the job if it runs, waits until it is gone, frees its scratch. Idempotent. */
  removeJob(handle: JobHandle): Promise<void>;
}

export interface JobActivityDependencies {
  readonly runner: JobRunner;
  readonly artifacts: ArtifactStore;
  readonly tracking: Tracking;
  readonly executions: Pick<WorkflowExecutions, 'isOpen'>;
}

interface FollowState extends ToldProgress {
  readonly progressOffset: number;
}

export function createJobActivities(dependencies: JobActivityDependencies): JobActivities {
  const { runner, artifacts } = dependencies;
  return {
    submitJob: async (request) => {
      const whole = await withPinnedFiles(artifacts.objects, request);
      return runner.submit(buildJobDocument(whole, artifacts.objects.rootUri));
    },
    awaitJob: async (job) => followOrEnd(dependencies, job),
    collectJob: async (job) => collectJob(dependencies, job),
    removeJob: async (handle) => runner.remove(handle),
  };
}

/** The points carry the time at which the verdict was asked for, so that a second try sends equal ones. */
async function collectJob(
  { runner, artifacts, tracking }: JobActivityDependencies,
  job: EndedJob,
): Promise<JobOutcome> {
  const outcome = await settleJob(artifacts, job);
  if (outcome.kind === 'succeeded' && job.trackingRunId !== undefined) {
    const timeMs = Context.current().info.scheduledTimestampMs;
    await tracking.logMetrics(job.trackingRunId, finalPoints(job.stage, outcome.record.metrics, timeMs));
  }
  await runner.remove(job.handle);
  return outcome;
}

/**
 * Why an activity is cancelled decides: its run asked for it, and removes the job itself; the worker stops, and the job goes on; or the
 * server does not know the activity any more, because the run was terminated, or because it waits for another attempt already.
 */
async function followOrEnd(dependencies: JobActivityDependencies, job: StartedJob): Promise<JobEnd> {
  try {
    return await followJob(dependencies, job);
  } catch (error) {
    const { workflowExecution } = activityInfo();
    if (error instanceof CancelledFailure && error.message === 'NOT_FOUND' && workflowExecution !== undefined)
      await removeIfOrphan(dependencies, { handle: job.handle, runId: workflowExecution.workflowId });
    throw error;
  }
}

async function followJob(dependencies: JobActivityDependencies, job: StartedJob): Promise<JobEnd> {
  const { log: workerLog } = Context.current();
  const log = createLogKeeping(dependencies.runner, job.handle, (problem) => {
    workerLog.warn('the log of the job cannot be kept', { job: job.handle.name, problem });
  });
  try {
    return await followToEnd(dependencies, job, log);
  } finally {
    await log.stop();
  }
}

/** The log is followed while the job runs; once it has ended, all of it can be read. */
async function followToEnd(dependencies: JobActivityDependencies, job: StartedJob, log: LogKeeping): Promise<JobEnd> {
  const pollIntervalMs = createPollClock();
  const stopWhenOverdue = createTimekeeper(dependencies.runner, job);
  let follow = resumedFollow();
  for (;;) {
    const state = await dependencies.runner.inspect(job.handle);
    if (state.kind === 'running') log.start();
    else await log.stop();
    follow = await forwardAllProgress(dependencies, job, follow);
    tellProgress(state.kind === 'queued' ? { ...follow, progress: state.reason } : follow);
    const end = await endOf(dependencies.runner, job.handle, state);
    if (end !== null) return endUnderLimits(dependencies.runner, job, { end, told: follow });
    const stopped = state.kind === 'running' ? await stopWhenOverdue(follow) : null;
    if (stopped !== null) return stopped;
    await Context.current().sleep(pollIntervalMs(state.kind, Date.now()));
  }
}

function resumedFollow(): FollowState {
  const details: unknown = Context.current().info.heartbeatDetails;
  return isFollowState(details) ? details : { progressOffset: 0, progressMs: 0, progress: 'started' };
}

/** What an older worker told has no time: the progress is read again, and its metrics are sent again, which changes nothing. */
function isFollowState(details: unknown): details is FollowState {
  return typeof details === 'object' && details !== null && 'progressOffset' in details && 'progressMs' in details;
}

/** Chunk by chunk: a job whose worker was away may have written much. */
async function forwardAllProgress(
  dependencies: JobActivityDependencies,
  job: StartedJob,
  from: FollowState,
): Promise<FollowState> {
  let follow = from;
  for (;;) {
    const further = await forwardProgress(dependencies, job, follow);
    if (further.progressOffset === follow.progressOffset) return further;
    follow = further;
    tellProgress(follow);
  }
}

async function forwardProgress(
  { runner, tracking }: JobActivityDependencies,
  { stage, handle, trackingRunId }: StartedJob,
  follow: FollowState,
): Promise<FollowState> {
  const chunk = await runner.readProgress(handle, follow.progressOffset);
  const points = metricPoints(stage, chunk.lines);
  if (trackingRunId !== undefined && points.length > 0) await tracking.logMetrics(trackingRunId, points);
  const newest = chunk.lines.at(-1);
  const told = newest === undefined ? follow : { progressMs: newest.timeMs, progress: progressLine(newest) };
  return { progressOffset: chunk.nextOffset, progressMs: told.progressMs, progress: told.progress };
}

async function endOf(runner: JobRunner, handle: JobHandle, state: JobState): Promise<JobEnd | null> {
  switch (state.kind) {
    case 'queued':
    case 'running':
      return null;
    case 'exited':
      return { ...state, logTail: await failureLog(runner, handle, state.exitCode) };
    case 'lost':
      return { ...state, logTail: await runner.logTail(handle) };
  }
}

async function failureLog(runner: JobRunner, handle: JobHandle, exitCode: number): Promise<string> {
  return exitCode === 0 ? '' : runner.logTail(handle);
}
