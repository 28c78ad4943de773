// Many runs at once with a process for each job, while all workers are killed again and again: nothing is lost, nothing is done twice,
// no more jobs run at once than may: `npm run bench:load [-- --json] [--runs 200] [--kills 3]`.
import { parseArgs } from 'node:util';

import { BenchStack } from './lab/bench-stack.ts';
import { watchJobs } from './lab/job-watch.ts';
import { machineFacts, machineLine } from './lab/machine.ts';
import { markdownTable } from './lab/markdown-table.ts';
import { startRuns, untilCount } from './lab/runs.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '200' },
    kills: { type: 'string', default: '3' },
  },
});
const runs = Number(values.runs);
const kills = Number(values.kills);
const jobStages = 5;

const machine = machineFacts();
const figures = await measure();
process.stdout.write(values.json ? `${JSON.stringify({ ...figures, machine }, null, 2)}\n` : report());

interface Figures {
  readonly runs: number;
  readonly kills: number;
  readonly allReleasedMs: number;
  readonly jobsStarted: number;
  readonly jobsExpected: number;
  readonly mostJobsAtOnce: number;
  readonly maxParallel: number;
  readonly lost: number;
}

async function measure(): Promise<Figures> {
  const stack = await BenchStack.open({ jobs: 'process', approval: false });
  const watch = watchJobs(stack.jobsDirectory);
  try {
    const startedMs = Date.now();
    await startRuns(stack, runs);
    for (let kill = 1; kill <= kills; kill += 1) {
      await untilCount(stack.client, 'WindlassStage = "released"', Math.floor((runs * kill) / (kills + 1)));
      await stack.killWorkers();
      await stack.startWorkers();
    }
    await untilCount(stack.client, 'WindlassStage = "released"', runs);
    return {
      runs,
      kills,
      allReleasedMs: Date.now() - startedMs,
      jobsStarted: watch.started(),
      jobsExpected: runs * jobStages,
      mostJobsAtOnce: watch.mostAtOnce(),
      maxParallel: stack.maxParallel,
      lost: runs - stack.liveModels(),
    };
  } finally {
    watch.end();
    await stack.close();
  }
}

function report(): string {
  const rows = [
    ['until all are released', `${(figures.allReleasedMs / 1000).toFixed(1)} s`],
    ['runs each minute', Math.round((runs / figures.allReleasedMs) * 60_000)],
    ['jobs started (each once: limit)', `${figures.jobsStarted} (${figures.jobsExpected})`],
    ['most jobs at once (limit)', `${figures.mostJobsAtOnce} (${figures.maxParallel})`],
    ['runs lost', figures.lost],
  ] as const;
  const head = [`${runs} runs at once, all workers killed ${kills} times`, ''];
  return `${machineLine(machine)}\n\n${markdownTable(head, rows)}\n`;
}
