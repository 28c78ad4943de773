import { buildMatrix } from './catalogue.ts';
import type { FaultCell } from './fault.ts';
import { faultStages, isEnding } from './fault.ts';
import type { Random } from './random.ts';
import { createRandom, integerBetween, shuffled, weighted } from './random.ts';

/** What the run of a case is asked for; how it must end follows from it. */
export type Scenario =
  | 'plain'
  | 'approve'
  | 'reject'
  | 'gate-refuses'
  | 'job-fails'
  | 'smoke-misses'
  | 'engine-rejected'
  /** Two runs for the same target at once. */
  | 'pair'
  /** A run, then a rollback, which has the faults. */
  | 'rollback';

export interface PlannedFault extends FaultCell {
  readonly occurrence: number;
}

/** One run, or the few that belong together, and the faults that meet it. */
export interface ChaosCase {
  readonly index: number;
  readonly scenario: Scenario;
  /** Later releases keep this many versions before them; decides what stays resident. */
  readonly keepVersions: 0 | 1;
  readonly faults: readonly PlannedFault[];
}

const scenarioWeights: Readonly<Record<Scenario, number>> = {
  plain: 58,
  approve: 8,
  reject: 4,
  'gate-refuses': 3,
  'job-fails': 4,
  'smoke-misses': 7,
  'engine-rejected': 4,
  pair: 5,
  rollback: 7,
};

const mostFaultsPerCase = 6;

/** Points that a rollback to a version that is resident, or published again, comes by. */
const onTheWayBack = [
  'target-gate.acquire',
  'target-gate.commit',
  'target-gate.release',
  'serving-replica.readState',
  'serving-replica.showVersions',
  'model-registry.setAlias',
];

/** Points that a deployment comes by whose candidate is refused, its undo steps included. */
const onTheWayOut = [
  'target-gate.acquire',
  'target-gate.release',
  'serving-replica.readState',
  'serving-replica.publish',
  'serving-replica.loadCandidate',
  'serving-replica.unloadCandidate',
  'serving-replica.unpublish',
];

/** A pure function of the seed: first every fault of the matrix once, in an order of chance, then again and again. */
export function* planCases(seed: number, store: 'directory' | 's3' = 'directory'): Generator<ChaosCase, never> {
  const random = createRandom(seed);
  let pending: FaultCell[] = [];
  for (let index = 0; ; index += 1) {
    if (pending.length < mostFaultsPerCase) pending = [...pending, ...shuffled(random, buildMatrix(store))];
    const scenario = scenarioFor(random, pending);
    const chosen = chooseFaults(random, pending, scenario);
    pending = pending.filter((cell) => !chosen.includes(cell));
    const keepVersions = random() < 0.5 ? 0 : 1;
    yield { index, scenario, keepVersions, faults: chosen.map((cell) => withOccurrence(random, cell)) };
  }
}

/** A scenario that meets at least one of the faults that are left. */
function scenarioFor(random: Random, pending: readonly FaultCell[]): Scenario {
  const scenario = weighted(random, scenarioWeights);
  return pending.some((cell) => comesBy(scenario, cell)) ? scenario : 'plain';
}

/** One fault a stage at most, so that none hides another; one that ends the run comes last. */
function chooseFaults(random: Random, pending: readonly FaultCell[], scenario: Scenario): readonly FaultCell[] {
  const wanted = integerBetween(random, 3, mostFaultsPerCase);
  const chosen: FaultCell[] = [];
  for (const cell of pending) {
    if (chosen.length === wanted) break;
    if (comesBy(scenario, cell) && chosen.every((other) => goTogether(other, cell))) chosen.push(cell);
  }
  return chosen.toSorted((one, other) => placeOf(one) - placeOf(other));
}

function goTogether(one: FaultCell, other: FaultCell): boolean {
  if (one.stage === other.stage) return false;
  const [first, last] = placeOf(one) < placeOf(other) ? [one, other] : [other, one];
  return !isEnding(first.kind) && !(isHeavy(first) && isHeavy(last));
}

/** Takes half a minute to come back from. */
function isHeavy({ kind }: FaultCell): boolean {
  return ['kill-tree', 'kill-supervisor', 'kill-mlflow', 'stop', 'zombie'].includes(kind);
}

function placeOf({ stage }: FaultCell): number {
  return faultStages.indexOf(stage);
}

/** Whether a run of the scenario comes by, and the fault leaves its expected end decidable. */
export function comesBy(scenario: Scenario, cell: FaultCell): boolean {
  return scenario === 'plain' || (!isEnding(cell.kind) && reaches[scenario](cell));
}

const reaches: Readonly<Record<Exclude<Scenario, 'plain'>, (cell: FaultCell) => boolean>> = {
  approve: () => true,
  pair: () => true,
  reject: (cell) => isBefore(cell, 'deploy'),
  'gate-refuses': (cell) => isBefore(cell, 'deploy'),
  'job-fails': (cell) => isBefore(cell, 'convert'),
  'smoke-misses': (cell) => isBefore(cell, 'deploy') || onTheWayOut.includes(cell.point),
  'engine-rejected': (cell) => isBefore(cell, 'deploy') || onTheWayOut.includes(cell.point),
  rollback: (cell) => cell.stage === 'deploy' && onTheWayBack.includes(cell.point),
};

function isBefore(cell: FaultCell, stage: FaultCell['stage']): boolean {
  return placeOf(cell) < faultStages.indexOf(stage);
}

/** A job is looked at again and again: now at the first look, now later. */
function withOccurrence(random: Random, cell: FaultCell): PlannedFault {
  const occurrence = cell.point === 'job-runner.inspect' && cell.kind !== 'kill-job' ? integerBetween(random, 1, 2) : 1;
  return { ...cell, occurrence };
}
