import type { RunStatus } from '../../contracts/run-status.ts';
import { stageNames } from '../../contracts/stage.ts';
import { durationText, figureText, shortDigest } from './figures.ts';

type Row = readonly [name: string, cell: (run: RunStatus) => string];

const rows: readonly Row[] = [
  ['run', (run) => run.runId],
  ['model', (run) => run.model],
  ['version', (run) => figureText(run.version)],
  ['target', (run) => run.target ?? '–'],
  ['phase', (run) => run.phase],
  ['verdict', (run) => run.evaluation?.verdict ?? '–'],
  ['perplexity', (run) => figureText(run.evaluation?.candidate.perplexity)],
  ['tasks passed', (run) => figureText(run.evaluation?.candidate.taskPassRate)],
  ['tokens/s', (run) => figureText(run.evaluation?.candidate.tokensPerSecond)],
  ['first token p95 ms', (run) => figureText(run.smoke?.timeToFirstTokenMs.p95)],
  ['answer p95 ms', (run) => figureText(run.smoke?.totalMs.p95)],
  ['engine', engineOf],
  ...stageNames.map((stage): Row => [`time ${stage}`, (run) => stageTime(run, stage)]),
  ['failure', (run) => run.failure?.name ?? '–'],
];

/** Cells of a table with one column per run; rows in which no run has anything are left out. */
export function compareRuns(runs: readonly RunStatus[]): readonly (readonly string[])[] {
  return rows
    .map(([name, cell]) => [name, ...runs.map(cell)])
    .filter(([, ...cells]) => cells.some((cell) => cell !== '–'));
}

function engineOf(run: RunStatus): string {
  const artifact = run.stages.find(({ stage }) => stage === 'build-engine')?.artifact;
  return artifact === undefined ? '–' : shortDigest(artifact.digest);
}

function stageTime(run: RunStatus, name: string): string {
  const stage = run.stages.find((entry) => entry.stage === name);
  if (stage?.state === 'reused') return 'reused';
  return stage?.durationMs === undefined ? '–' : durationText(stage.durationMs);
}
