import { join, resolve } from 'node:path';

/** Everything the embedded stack keeps, all below one directory (`.windlass/` by default). */
export interface StackHome {
  readonly directory: string;
  readonly stateFile: string;
  /** Kept over `down`, so that addresses stay the same. */
  readonly portsFile: string;
  readonly platformFile: string;
  readonly logs: string;
  readonly supervisorLog: string;
  readonly temporalDatabase: string;
  readonly mlflow: { readonly database: string; readonly artifacts: string };
  readonly store: string;
  readonly jobs: string;
  readonly engineCache: string;
  readonly tritonBackends: string;
}

/** What one target's Triton keeps. */
export interface TargetHome {
  readonly directory: string;
  readonly repository: string;
  readonly desired: string;
  readonly secretFile: string;
  readonly machineFile: string;
}

export function stackHome(directory: string): StackHome {
  const root = resolve(directory);
  return {
    directory: root,
    stateFile: join(root, 'state.json'),
    portsFile: join(root, 'ports.json'),
    platformFile: join(root, 'platform.json'),
    logs: join(root, 'logs'),
    supervisorLog: join(root, 'logs', 'supervisor.log'),
    temporalDatabase: join(root, 'temporal', 'temporal.db'),
    mlflow: { database: join(root, 'mlflow', 'mlflow.db'), artifacts: join(root, 'mlflow', 'artifacts') },
    store: join(root, 'store'),
    jobs: join(root, 'jobs'),
    engineCache: join(root, 'cache', 'engines'),
    tritonBackends: join(root, 'triton', 'backends'),
  };
}

export function targetHome(home: StackHome, target: string): TargetHome {
  const directory = join(home.directory, 'serving', target);
  return {
    directory,
    repository: join(directory, 'models'),
    desired: join(directory, 'desired'),
    secretFile: join(directory, 'secret'),
    machineFile: join(directory, 'machine.json'),
  };
}

/** Log of one server. */
export function logFile(home: StackHome, server: string): string {
  return join(home.logs, `${server}.log`);
}

export function homeDirectories(home: StackHome, targets: readonly string[]): readonly string[] {
  const homes = targets.map((target) => targetHome(home, target));
  return [
    home.logs,
    join(home.directory, 'temporal'),
    home.mlflow.artifacts,
    home.store,
    home.jobs,
    home.engineCache,
    join(home.tritonBackends, 'python'),
    ...homes.flatMap((target) => [target.repository, target.desired]),
  ];
}
