import type { StackState } from '../contracts/stack-state.ts';

/** Where to look, for the person who ran `up`. */
export function formatEndpoints(state: StackState): string {
  const { endpoints } = state;
  const targets = Object.entries(endpoints.targets).map(([name, target]) => {
    return [`Triton ${name}`, `gRPC ${target.grpcAddress}, metrics ${target.metricsUrl}`] as const;
  });
  const workers = Object.entries(endpoints.workers).map(([name, { metricsUrl }]) => {
    return [name.replace('-', ' '), `metrics ${metricsUrl}`] as const;
  });
  const rows = [
    ['Temporal UI', endpoints.temporalUiUrl],
    ['Temporal', endpoints.temporalAddress],
    ['MLflow UI', endpoints.mlflowUrl],
    ...targets,
    ...workers,
    ['Data and logs', state.home],
  ] as const;
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`).join('\n');
}
