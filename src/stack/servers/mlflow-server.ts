import type { Installation } from '../installation.ts';
import type { PortPlan } from '../port-plan.ts';
import type { ServerSpec } from '../server-spec.ts';
import type { StackHome } from '../stack-home.ts';
import { buildFlags } from './command-flags.ts';

/** MLflow tracking and registry on a SQLite file. Its own job runner stays off: unused here and slow to start. */
export function buildMlflowServer(installation: Installation, home: StackHome, ports: PortPlan): ServerSpec {
  return {
    name: 'mlflow',
    title: 'MLflow',
    after: [],
    command: {
      file: installation.mlflow,
      args: ['server', ...mlflowFlags(home, ports.mlflow)],
      env: {
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        MLFLOW_DISABLE_TELEMETRY: 'true',
        PYTHONPATH: installation.mlflowApp,
      },
    },
    readiness: { kind: 'http', url: `http://127.0.0.1:${ports.mlflow}/health` },
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
  };
}

/** Other names than these in a request's Host header are refused: a web page cannot reach it by a name of its own (DNS rebinding). */
function mlflowFlags(home: StackHome, port: number): readonly string[] {
  return buildFlags({
    host: '127.0.0.1',
    port,
    workers: 1,
    'app-name': 'windlass',
    'backend-store-uri': `sqlite:///${home.mlflow.database}`,
    'artifacts-destination': home.mlflow.artifacts,
    'allowed-hosts': `127.0.0.1:${port},localhost:${port}`,
  });
}
