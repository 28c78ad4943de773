/** The ports that activities reach the world through. */
export type PortName =
  | 'artifact-store'
  | 'job-runner'
  | 'model-registry'
  | 'object-store'
  | 'serving-replica'
  | 'source-reader'
  | 'target-gate'
  | 'tracking'
  | 'workflow-executions';

/** Stands between activities and one port. Production has none; the fault harness (test/chaos) puts its faults there. */
export type PortGuard = <Port extends object>(name: PortName, port: Port) => Port;

export const unguarded: PortGuard = (_name, port) => port;
