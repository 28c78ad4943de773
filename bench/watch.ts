// Many Kubernetes Jobs at once on a real control plane, followed through one watch and, beside it, by one poll a second for each job:
// `npm run bench:watch [-- --json] [--jobs 200] [--kubeconfig FILE]`. Without a kubeconfig it brings a cluster of its own up (root).
import { parseArgs } from 'node:util';

import { openBenchCluster } from './lab/bench-cluster.ts';
import { machineFacts, machineLine } from './lab/machine.ts';
import { markdownTable } from './lab/markdown-table.ts';
import type { FollowFigures } from './watch/follow-jobs.ts';
import { followJobs } from './watch/follow-jobs.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '200' },
    kubeconfig: { type: 'string' },
  },
});
const jobs = Number(values.jobs);

const machine = machineFacts();
const figures = await measure();
process.stdout.write(values.json ? `${JSON.stringify({ jobs, ...figures, machine }, null, 2)}\n` : report());

async function measure(): Promise<{ readonly watch: FollowFigures; readonly poll: FollowFigures }> {
  const cluster = await openBenchCluster(values.kubeconfig ?? null);
  try {
    // Whoever comes first would pay for what a new cluster does once.
    await followJobs(cluster, { by: 'poll', jobs: Math.min(jobs, 8) });
    const watch = await followJobs(cluster, { by: 'watch', jobs });
    return { watch, poll: await followJobs(cluster, { by: 'poll', jobs }) };
  } finally {
    await cluster.close();
  }
}

function report(): string {
  const { watch, poll } = figures;
  const rows: readonly (readonly [string, (found: FollowFigures) => string | number])[] = [
    ['requests for each job', ({ requests }) => (requests / jobs).toFixed(1)],
    ['of them while it is followed', ({ requestsToFollow }) => (requestsToFollow / jobs).toFixed(1)],
    ['connections', ({ connections }) => connections],
    ["the API server's processor time, s", ({ serverProcessorMs }) => (serverProcessorMs / 1000).toFixed(1)],
    ['memory of the worker (before), MiB', ({ memoryMib, idleMib }) => `${memoryMib} (${idleMib})`],
    ['from a change until it is known, p50, ms', ({ lagP50Ms }) => lagP50Ms],
    ['the same, p99, ms', ({ lagP99Ms }) => lagP99Ms],
    ['until all have ended, s', ({ endedMs }) => (endedMs / 1000).toFixed(1)],
    ['jobs that did not end with exit code 0', ({ lost }) => lost],
  ];
  const head = [`${jobs} Jobs at once`, 'one watch', 'a poll each second'];
  const cells = rows.map(([name, read]) => [name, read(watch), read(poll)]);
  return `${machineLine(machine)}\n\n${markdownTable(head, cells)}\n`;
}
