// A thousand runs that wait for approval: what they hold in memory, and how soon all go on after every worker was killed:
// `npm run bench:recovery [-- --json] [--runs 1000]`.
import { parseArgs } from 'node:util';

import { BenchStack } from './lab/bench-stack.ts';
import { machineFacts, machineLine } from './lab/machine.ts';
import { markdownTable } from './lab/markdown-table.ts';
import { approveAll, digestsOf, startRuns, untilCount } from './lab/runs.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, runs: { type: 'string', default: '1000' } },
});
const runs = Number(values.runs);

const machine = machineFacts();
const figures = await measure();
process.stdout.write(values.json ? `${JSON.stringify({ ...figures, machine }, null, 2)}\n` : report());

interface Figures {
  readonly runs: number;
  /** From the first start until all wait for approval. */
  readonly untilWaitingMs: number;
  /** Of the pipeline worker. */
  readonly idleMib: number;
  readonly waitingMib: number;
  /** With the same runs waiting, after the restart and before any is asked. */
  readonly restartedMib: number;
  readonly restartMs: number;
  /** From the moment all workers were killed: until the first, until every run has taken its approval, until every run is released. */
  readonly firstGoesOnMs: number;
  readonly allGoOnMs: number;
  readonly allReleasedMs: number;
  readonly lost: number;
}

async function measure(): Promise<Figures> {
  const stack = await BenchStack.open({ jobs: 'in-process', approval: true });
  try {
    const idleMib = await stack.residentMib('pipeline');
    const startedMs = Date.now();
    const ids = await startRuns(stack, runs);
    await untilCount(stack.client, 'WindlassApproval = "waiting"', runs);
    const untilWaitingMs = Date.now() - startedMs;
    const waitingMib = await stack.residentMib('pipeline');
    const digests = await digestsOf(stack.client, ids);
    return { runs, untilWaitingMs, idleMib, waitingMib, ...(await recover(stack, digests)) };
  } finally {
    await stack.close();
  }
}

type Recovery = Omit<Figures, 'runs' | 'untilWaitingMs' | 'idleMib' | 'waitingMib'>;

async function recover(stack: BenchStack, digests: ReadonlyMap<string, string>): Promise<Recovery> {
  const killedMs = Date.now();
  const since = (): number => Date.now() - killedMs;
  await stack.killWorkers();
  await stack.startWorkers();
  const restartMs = since();
  const restartedMib = await stack.residentMib('pipeline');
  const approved = approveAll(stack.client, digests);
  const firstGoesOnMs = await untilCount(stack.client, 'WindlassApproval = "approved"', 1).then(since);
  await approved;
  const allGoOnMs = await untilCount(stack.client, 'WindlassApproval = "approved"', runs).then(since);
  await untilCount(stack.client, 'WindlassStage = "released"', runs);
  const allReleasedMs = since();
  return { restartedMib, restartMs, firstGoesOnMs, allGoOnMs, allReleasedMs, lost: runs - stack.liveModels() };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function report(): string {
  const perThousand = Math.round(((figures.waitingMib - figures.idleMib) / runs) * 1000);
  const rows = [
    ['until all wait for approval', seconds(figures.untilWaitingMs)],
    ['memory of the pipeline worker, idle', `${figures.idleMib} MiB`],
    ['… with all runs waiting', `${figures.waitingMib} MiB`],
    ['… for each 1000 waiting runs', `${perThousand} MiB`],
    ['… after the restart', `${figures.restartedMib} MiB`],
    ['all workers killed → ready again', seconds(figures.restartMs)],
    ['→ the first run goes on', seconds(figures.firstGoesOnMs)],
    ['→ all runs go on', seconds(figures.allGoOnMs)],
    ['→ all runs released', seconds(figures.allReleasedMs)],
    ['runs lost', figures.lost],
  ] as const;
  return `${machineLine(machine)}\n\n${markdownTable([`${runs} open runs`, ''], rows)}\n`;
}
