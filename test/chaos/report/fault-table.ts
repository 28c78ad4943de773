import type { FiredFault } from '../faults/armed-faults.ts';
import { wordOf } from '../oracle/expected-ending.ts';
import type { JudgedCase } from '../driver/judge.ts';
import { faultStages } from '../plan/fault.ts';

interface Row {
  readonly point: string;
  readonly stage: string;
  readonly fired: readonly FiredFault[];
}

/** Fault point × stage → what struck there, how the runs ended, how many jobs they started, the state of the target. */
export function faultTable(cases: readonly JudgedCase[], fired: readonly FiredFault[]): string {
  const rows = rowsOf(fired).map((row) => cellsOf(row, cases));
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const header = ['stage', 'point', 'faults', 'outcomes', 'jobs / attempts', 'target'];

function rowsOf(fired: readonly FiredFault[]): readonly Row[] {
  const byPlace = Map.groupBy(fired, ({ stage, point }) => `${stage} ${point}`);
  return [...byPlace.values()]
    .flatMap((faults): Row[] => {
      const [first] = faults;
      return first === undefined ? [] : [{ point: first.point, stage: first.stage, fired: faults }];
    })
    .toSorted((one, other) => placeOf(one) - placeOf(other) || one.point.localeCompare(other.point));
}

function placeOf({ stage }: Row): number {
  return faultStages.findIndex((known) => known === stage);
}

function cellsOf({ point, stage, fired }: Row, cases: readonly JudgedCase[]): readonly string[] {
  const struck = new Set(fired.map(({ workflowId }) => workflowId));
  const met = cases.filter(({ subjects }) => subjects.some((workflowId) => struck.has(workflowId)));
  const runs = met.flatMap(({ facts }) => facts.runs).filter(({ workflowId }) => struck.has(workflowId));
  const starts = runs.flatMap((run) => run.starts).filter((start) => start.stage === stage);
  const attempts = new Set(starts.map(({ output }) => output)).size;
  const wrong = met.filter(({ violations }) => violations.length > 0).length;
  return [
    stage,
    point,
    tally(fired.map(({ kind, when }) => (kind === 'kill' || kind === 'stop' ? `${kind} ${when}` : kind))),
    tally(runs.map(({ ending }) => wordOf(ending))),
    starts.length === 0 ? '–' : `${starts.length} / ${attempts}`,
    wrong === 0 ? 'as the log' : `${wrong} wrong`,
  ];
}

/** `kill before 2, slow` */
function tally(words: readonly string[]): string {
  return [...Map.groupBy(words, (word) => word)]
    .map(([word, { length }]) => (length === 1 ? word : `${word} ${length}`))
    .toSorted()
    .join(', ');
}
