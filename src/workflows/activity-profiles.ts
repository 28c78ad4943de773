import { proxyActivities } from '@temporalio/workflow';

import { taskQueues } from '../contracts/names.ts';
import type { GarbageActivities } from '../activities/garbage-activities.ts';
import type { JobActivities } from '../activities/job-activities.ts';
import type { JobInventoryActivities } from '../activities/job-inventory.ts';
import type { RunActivities } from '../activities/run-activities.ts';
import type { ServingActivities } from '../activities/serving-activities.ts';
import type { TargetActivities } from '../activities/target-activities.ts';
import type { TrackingActivities } from '../activities/tracking-activities.ts';
import type { VersionActivities } from '../activities/version-activities.ts';

/*
 * One profile per kind of waiting. Retries end with the activity's failure class (a permanent failure is never retried), not with a
 * count: a system that is away for an hour must not end a run that took a day.
 *
 * Every activity heartbeats every three seconds (src/activities/heartbeat.ts): whatever the time a call may take, a worker that died is
 * noticed within its heartbeat timeout.
 */

const backoff = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' } as const;

/** Control calls of a second or less: resolve, plan, registry, target log. */
export const control = proxyActivities<RunActivities & TrackingActivities & TargetActivities & VersionActivities>({
  taskQueue: taskQueues.pipeline,
  startToCloseTimeout: '2m',
  heartbeatTimeout: '10s',
  retry: backoff,
});

/** Reading all of a store, and removing what is garbage: gigabytes, but never a run's way. */
export const collecting = proxyActivities<GarbageActivities>({
  taskQueue: taskQueues.pipeline,
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '30s',
  retry: backoff,
});

/** Waiting for a target's lease: as long as the deployers before it take. */
export const leasing = proxyActivities<Pick<TargetActivities, 'acquireTarget'>>({
  taskQueue: taskQueues.pipeline,
  startToCloseTimeout: '7 days',
  heartbeatTimeout: '15s',
  retry: backoff,
});

/** Submit, collect, remove: short calls to the job runner; remove waits for the job's grace period. */
export const jobControl = proxyActivities<Omit<JobActivities, 'awaitJob'>>({
  taskQueue: taskQueues.jobs,
  startToCloseTimeout: '5m',
  heartbeatTimeout: '10s',
  retry: backoff,
});

/** Following a job, for days if it takes days. */
export const jobWatch = proxyActivities<Pick<JobActivities, 'awaitJob'>>({
  taskQueue: taskQueues.jobs,
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '15s',
  retry: backoff,
});

/** Looking at all jobs, and removing those of closed runs, each with its grace. */
export const reaping = proxyActivities<JobInventoryActivities>({
  taskQueue: taskQueues.jobs,
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '15s',
  retry: backoff,
});

/** Changes of a target: publish (gigabytes), load, smoke test, switch. A failing one is given up, so that the saga can undo. */
export const serving = proxyActivities<ServingActivities>({
  taskQueue: taskQueues.serving,
  startToCloseTimeout: '30m',
  heartbeatTimeout: '15s',
  retry: { ...backoff, maximumAttempts: 4 },
});

/** The same calls as undo. */
export const servingUndo = proxyActivities<ServingActivities>({
  taskQueue: taskQueues.serving,
  startToCloseTimeout: '30m',
  heartbeatTimeout: '15s',
  retry: { ...backoff, maximumAttempts: 30 },
});

/** The same calls by nobody's order but the target's: they go on until they succeed, or a person ends them. */
export const servingRestore = proxyActivities<ServingActivities>({
  taskQueue: taskQueues.serving,
  startToCloseTimeout: '30m',
  heartbeatTimeout: '15s',
  retry: backoff,
});
