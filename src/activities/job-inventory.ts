import type { JobState } from '../contracts/job.ts';
import type { JobRow, RemovedJob } from '../contracts/job-inventory.ts';
import { partsOfJobName } from './job-document.ts';
import type { JobSurvey, SurveyedJob } from './orphan-jobs.ts';
import { removeOrphans, surveyJobs } from './orphan-jobs.ts';

/** The jobs that stand, whoever they are of. Both look anew. */
export interface JobInventoryActivities {
  /** Changes nothing. @throws `Unavailable` where the runner or Temporal cannot be asked */
  listJobs(): Promise<readonly JobRow[]>;
  /** Stops those whose run is closed, keeps their ends and logs, removes them. Called again after it died, it removes the rest. */
  removeOrphanJobs(): Promise<readonly RemovedJob[]>;
}

const hourMs = 3_600_000;
const maxNoteChars = 200;

export function createJobInventoryActivities(survey: JobSurvey): JobInventoryActivities {
  return {
    listJobs: async () => {
      const jobs = await surveyJobs(survey);
      const nowMs = Date.now();
      return jobs.toSorted((one, other) => one.submittedMs - other.submittedMs).map((job) => rowOf(job, nowMs));
    },
    removeOrphanJobs: async () => removeOrphans(survey),
  };
}

function rowOf({ handle, runId, state, submittedMs, time, gpus, isOrphan }: SurveyedJob, nowMs: number): JobRow {
  const sinceMs = time?.endedMs ?? time?.startedMs ?? submittedMs;
  const runningMs = time === null ? 0 : Math.max(0, (time.endedMs ?? nowMs) - time.startedMs);
  return {
    name: handle.name,
    runId,
    ...partsOfJobName(handle.name),
    state: state.kind,
    note: noteOf(state).slice(0, maxNoteChars),
    since: new Date(sinceMs).toISOString(),
    gpus,
    gpuHours: (gpus * runningMs) / hourMs,
    isOrphan,
  };
}

function noteOf(state: JobState): string {
  switch (state.kind) {
    case 'running':
      return '';
    case 'exited':
      return `exit code ${state.exitCode}`;
    case 'queued':
    case 'lost':
      return state.reason;
  }
}
