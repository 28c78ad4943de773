import type { Installation } from '../installation.ts';
import type { PortPlan } from '../port-plan.ts';
import type { ServerSpec } from '../server-spec.ts';
import type { StackHome } from '../stack-home.ts';

export const workerNames = ['pipeline-worker', 'jobs-worker', 'serving-worker'] as const;

/** Every worker needs Temporal to poll; models are loaded by the servers themselves, so none waits for Triton. */
export function buildWorkers(installation: Installation, home: StackHome, ports: PortPlan): readonly ServerSpec[] {
  return workerNames.map((name) => ({
    name,
    title: name.replace('-', ' '),
    after: ['temporal'],
    command: {
      file: installation.node,
      args: ['--enable-source-maps', installation.workerMain(name)],
      env: { WINDLASS_PLATFORM: home.platformFile, WINDLASS_METRICS_ADDRESS: `127.0.0.1:${ports.workers[name]}` },
      credentials: 'inherited',
    },
    readiness: { kind: 'log-line', message: 'worker ready' },
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 20_000,
  }));
}
