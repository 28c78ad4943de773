// What a run costs beside its work: seven stages that do nothing, through Windlass, the bare Temporal SDK and Metaflow, in one run on
// one machine: `npm run bench:overhead [-- --json] [--concurrent 1,10,50] [--repeat 10] [--without-metaflow]`.
import { parseArgs } from 'node:util';

import { machineFacts, machineLine } from './lab/machine.ts';
import { markdownTable } from './lab/markdown-table.ts';
import { measure } from './overhead/measure.ts';
import type { Measurement } from './overhead/measure.ts';
import { judge } from './overhead/goals.ts';
import { openMetaflow } from './overhead/metaflow.ts';
import { openTemporalSystems } from './overhead/temporal-systems.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    concurrent: { type: 'string', default: '1,10,50' },
    repeat: { type: 'string', default: '10' },
    'without-metaflow': { type: 'boolean', default: false },
  },
});
const concurrents = values.concurrent.split(',').map(Number);
const repeats = Number(values.repeat);

const machine = machineFacts();
const measurements = await measureAll();
const verdict = judge(measurements);
process.stdout.write(values.json ? `${JSON.stringify({ ...verdict, machine, measurements }, null, 2)}\n` : report());

/** One system after the other, so that none is measured beside another's servers at work. */
async function measureAll(): Promise<readonly Measurement[]> {
  const found: Measurement[] = [];
  const opens = values['without-metaflow'] ? [openTemporalSystems] : [openTemporalSystems, openMetaflow];
  for (const open of opens) {
    const { systems, close } = await open();
    try {
      for (const system of systems)
        found.push(...(await measure(system, { concurrents, repeats: Math.min(repeats, system.maxRepeats) })));
    } finally {
      await close();
    }
  }
  return found;
}

function report(): string {
  const head = [
    'seven stages that do nothing',
    'at once',
    'runs',
    'durable steps',
    'p50, ms',
    'p95, ms',
    'p50 a step',
    'processor, ms',
  ];
  const rows = measurements.map(({ system, concurrent, runs, durableSteps, p50Ms, p95Ms, processorMs }) => [
    system,
    concurrent,
    runs,
    durableSteps,
    p50Ms,
    p95Ms,
    Math.round(p50Ms / durableSteps),
    processorMs,
  ]);
  const goals = verdict.goals.map(({ goal, ratio, limit, isMet }) => [goal, ratio, limit, isMet ? 'met' : 'not met']);
  return [
    machineLine(machine),
    markdownTable(head, rows),
    markdownTable(['goal, p50 with one run at a time', 'ratio', 'at most', ''], goals),
    '',
  ].join('\n\n');
}
