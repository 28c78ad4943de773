import type { FaultCell, FaultKind } from '../plan/fault.ts';
import type { Scenario } from '../plan/plan.ts';
import type { Ending } from './facts.ts';

/** What a run was asked for and what met it. */
export interface RunStory {
  readonly scenario: Scenario;
  /** The faults that struck this run. */
  readonly struck: readonly FaultCell[];
  /** Whether a server of its target was away while it ran. */
  readonly sawServingOutage: boolean;
  /** Workers that died or were stopped while it ran, whoever they were struck for. */
  readonly workersLost: number;
}

const named: Partial<Record<Scenario, string>> = {
  reject: 'RunRejected',
  'gate-refuses': 'GateRefused',
  'job-fails': 'InvalidData',
  'smoke-misses': 'SmokeTestFailed',
  'engine-rejected': 'EngineRejected',
};

/** A server that is away for longer than four attempts take ends a deployment, which is then undone. */
const outageFailures = ['Unavailable', 'VerificationFailed', 'SmokeTestFailed'];

/** Every ending that is right for a run, as `COMPLETED`, `CANCELLED`, `TERMINATED` or `FAILED <name>`. */
export function allowedEndings({ scenario, struck, sawServingOutage, workersLost }: RunStory): readonly string[] {
  const met = (kind: FaultKind): boolean => struck.some((fault) => fault.kind === kind);
  if (met('terminate') || met('zombie')) return ['TERMINATED'];
  if (met('storage-full')) return ['FAILED StorageFull'];
  if (struck.some(isFailedRequest)) return ['FAILED SmokeTestFailed'];
  return [
    named[scenario] === undefined ? 'COMPLETED' : `FAILED ${named[scenario]}`,
    ...(met('cancel') ? ['CANCELLED'] : []),
    ...(sawServingOutage ? outageFailures.map((name) => `FAILED ${name}`) : []),
    ...(workersLost >= attemptsOfADeployment ? [workersLostEnding] : []),
  ];
}

/** A request of the smoke test that fails is what the test is there to find. */
function isFailedRequest({ stage, kind }: FaultCell): boolean {
  return stage === 'smoke-test' && (kind === 'unavailable' || kind === 'lost-answer');
}

/** A step of a deployment that loses its worker at each of its attempts is given up. */
const attemptsOfADeployment = 4;
const workersLostEnding = 'FAILED Unavailable (workers lost)';

export function wordOf({ status, failure }: Ending): string {
  if (failure === null) return status;
  const lostWorkers = failure.message.includes('activity Heartbeat timeout');
  return lostWorkers && failure.name === 'Unavailable' ? workersLostEnding : `${status} ${failure.name}`;
}
