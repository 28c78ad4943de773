import type { Installation } from '../installation.ts';
import type { PortPlan } from '../port-plan.ts';
import type { ServerSpec } from '../server-spec.ts';
import type { StackHome } from '../stack-home.ts';

/** MLflow tracking and registry on a SQLite file. Its own job runner stays off: unused here and slow to start. */
export function buildMlflowServer(installation: Installation, home: StackHome, ports: PortPlan): ServerSpec {
  return {
    name: 'mlflow',
    title: 'MLflow',
    after: [],
    command: {
      file: installation.mlflow,
      args: [
        ...['server', '--host', '127.0.0.1', '--port', `${ports.mlflow}`, '--workers', '1'],
        ...[
          '--backend-store-uri',
          `sqlite:///${home.mlflow.database}`,
          '--artifacts-destination',
          home.mlflow.artifacts,
        ],
        ...['--allowed-hosts', `127.0.0.1:${ports.mlflow},localhost:${ports.mlflow}`],
      ],
      env: { MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false', MLFLOW_DISABLE_TELEMETRY: 'true' },
    },
    readiness: { kind: 'http', url: `http://127.0.0.1:${ports.mlflow}/health` },
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
  };
}
