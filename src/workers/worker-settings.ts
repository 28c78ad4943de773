import type { WorkerOptions } from '@temporalio/worker';

/** One worker for each task queue. */
export type WorkerName = 'pipeline' | 'jobs' | 'serving';

/** A long poll each: more only wait beside each other on one machine. */
const polls = { type: 'simple-maximum', maximum: 10 } as const;

/** What each worker takes at once: docs/operating.md, Capacity. */
export const workerSettings = {
  pipeline: {
    workflowTaskPollerBehavior: polls,
    activityTaskPollerBehavior: polls,
    // One thread works them off; more would only be taken from another worker.
    maxConcurrentWorkflowTaskExecutions: 40,
    // A run that waits for a decision stays in memory; beyond these the one idle for longest is dropped, and replayed when it goes on.
    maxCachedWorkflows: 1_000,
    // Of a worker that was killed, the server knows by this; until then its runs stand still.
    stickyQueueScheduleToStartTimeout: '5s',
    // A deployer that waits for a lease is one, for as long as it waits; the others are calls of a second.
    maxConcurrentActivityTaskExecutions: 200,
  },
  jobs: {
    activityTaskPollerBehavior: polls,
    // A job that is followed is one, waiting in the queue or running: a promise and a heartbeat. Further ones wait in the task queue.
    maxConcurrentActivityTaskExecutions: 500,
  },
  serving: {
    activityTaskPollerBehavior: polls,
    // Copies of engines and requests to Triton: as many as targets that deploy at once.
    maxConcurrentActivityTaskExecutions: 50,
  },
} satisfies Readonly<Record<WorkerName, Partial<WorkerOptions>>>;
