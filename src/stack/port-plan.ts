import { z } from 'zod';
import type { StackEndpoints } from '../contracts/stack-state.ts';

const portNumber = z.int().min(1).max(65_535);

const tritonPorts = z.object({ grpc: portNumber, http: portNumber, metrics: portNumber });

/** Every port the stack listens on; `<home>/ports.json`. */
const portPlan = z.object({
  temporal: z.object({ grpc: portNumber, ui: portNumber, http: portNumber, metrics: portNumber }),
  mlflow: portNumber,
  codec: portNumber.exactOptional(),
  workers: z
    .object({ 'pipeline-worker': portNumber, 'jobs-worker': portNumber, 'serving-worker': portNumber })
    .exactOptional(),
  targets: z.record(z.string(), tritonPorts),
});

export type TritonPorts = z.infer<typeof tritonPorts>;
/** As it was written: an older one has no ports for the codec server and for the metrics of workers. */
export type StoredPortPlan = z.infer<typeof portPlan>;
export type PortPlan = Required<StoredPortPlan>;

/** Null where the document is none of ours: new ports are chosen. */
export function parsePortPlan(document: unknown): StoredPortPlan | null {
  return portPlan.safeParse(document).data ?? null;
}

export function portsOf(plan: StoredPortPlan): readonly number[] {
  return [
    ...Object.values(plan.temporal),
    plan.mlflow,
    ...(plan.codec === undefined ? [] : [plan.codec]),
    ...Object.values(plan.workers ?? {}),
    ...Object.values(plan.targets).flatMap((ports) => Object.values(ports)),
  ];
}

/** How many ports a stack with these targets needs. */
export function portCount(targets: readonly string[]): number {
  return 9 + 3 * targets.length;
}

export interface PortSupply {
  /** Those of the previous plan that are free. */
  readonly free: ReadonlySet<number>;
  /** Others that are free now; {@link portCount} of them always suffice. */
  readonly fresh: readonly number[];
}

/** The ports of last time where they are free, so that addresses in browsers and notes stay good; a taken one is replaced. */
export function planPorts(previous: StoredPortPlan | null, targets: readonly string[], supply: PortSupply): PortPlan {
  const keep = keeper(supply);
  const { temporal } = previous ?? {};
  const tritons = targets.map((target) => [target, keepTriton(previous?.targets[target], keep)] as const);
  return {
    temporal: {
      grpc: keep(temporal?.grpc),
      ui: keep(temporal?.ui),
      http: keep(temporal?.http),
      metrics: keep(temporal?.metrics),
    },
    mlflow: keep(previous?.mlflow),
    codec: keep(previous?.codec),
    workers: keepWorkers(previous?.workers, keep),
    targets: Object.fromEntries(tritons),
  };
}

type Keep = (port: number | undefined) => number;

function keeper(supply: PortSupply): Keep {
  const fresh = [...supply.fresh];
  return (port) => {
    if (port !== undefined && supply.free.has(port)) return port;
    const next = fresh.pop();
    if (next === undefined)
      throw new RangeError(`a port plan ran out of free ports (${supply.fresh.length} were offered)`);
    return next;
  };
}

function keepWorkers(ports: PortPlan['workers'] | undefined, keep: Keep): PortPlan['workers'] {
  return {
    'pipeline-worker': keep(ports?.['pipeline-worker']),
    'jobs-worker': keep(ports?.['jobs-worker']),
    'serving-worker': keep(ports?.['serving-worker']),
  };
}

function keepTriton(ports: TritonPorts | undefined, keep: Keep): TritonPorts {
  return { grpc: keep(ports?.grpc), http: keep(ports?.http), metrics: keep(ports?.metrics) };
}

export function endpointsFromPorts(plan: PortPlan): StackEndpoints {
  const targets = Object.entries(plan.targets).map(([target, ports]) => [target, tritonEndpoints(ports)] as const);
  const workers = Object.entries(plan.workers).map(([name, port]) => [name, { metricsUrl: metricsUrl(port) }] as const);
  return {
    temporalAddress: `127.0.0.1:${plan.temporal.grpc}`,
    temporalUiUrl: `http://127.0.0.1:${plan.temporal.ui}`,
    mlflowUrl: `http://127.0.0.1:${plan.mlflow}`,
    targets: Object.fromEntries(targets),
    workers: Object.fromEntries(workers),
  };
}

function tritonEndpoints(ports: TritonPorts): StackEndpoints['targets'][string] {
  return {
    grpcAddress: `127.0.0.1:${ports.grpc}`,
    httpUrl: `http://127.0.0.1:${ports.http}`,
    metricsUrl: metricsUrl(ports.metrics),
  };
}

function metricsUrl(port: number): string {
  return `http://127.0.0.1:${port}/metrics`;
}
