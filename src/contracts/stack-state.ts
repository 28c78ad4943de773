/** `<home>/state.json`: what the embedded stack runs, for `up`, `down`, `doctor` and the CLI. */
export interface StackState {
  readonly schema: 'windlass.stack/v1';
  readonly home: string;
  readonly phase: 'starting' | 'ready' | 'stopping';
  readonly supervisor: ProcessIdentity;
  readonly servers: readonly ServerState[];
  readonly endpoints: StackEndpoints;
}

/** A pid alone may be another process after a crash: the start time (clock ticks since boot) tells. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

export interface ServerState {
  readonly name: string;
  readonly phase: 'waiting' | 'starting' | 'ready' | 'failed' | 'stopped';
  readonly process: ProcessIdentity | null;
  readonly restarts: number;
  readonly logFile: string;
  readonly readyMs: number | null;
}

export interface StackEndpoints {
  readonly temporalAddress: string;
  readonly temporalUiUrl: string;
  readonly mlflowUrl: string;
  readonly targets: Readonly<
    Record<string, { readonly grpcAddress: string; readonly httpUrl: string; readonly metricsUrl: string }>
  >;
  /** By name of the server, as in {@link StackState.servers}. */
  readonly workers: Readonly<Record<string, { readonly metricsUrl: string }>>;
}
