import type { WorkerOptions } from '@temporalio/worker';

/** One worker for each task queue. */
export type WorkerName = 'pipeline' | 'jobs' | 'serving';

/** Activities at once: a held one is only a promise, so this bounds followed jobs and waiting deployers. */
export const workerSettings = {
  pipeline: { maxConcurrentActivityTaskExecutions: 200 },
  jobs: { maxConcurrentActivityTaskExecutions: 500 },
  serving: { maxConcurrentActivityTaskExecutions: 50 },
} satisfies Readonly<Record<WorkerName, Partial<WorkerOptions>>>;
