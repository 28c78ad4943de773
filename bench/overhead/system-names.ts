export const systemNames = {
  bareSdk: 'bare Temporal SDK, seven activities',
  windlassInProcess: 'Windlass, jobs in the worker',
  windlass: 'Windlass, a process for each job',
  metaflow: 'Metaflow, a process for each step',
} as const;
