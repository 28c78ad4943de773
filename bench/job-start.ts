// How long a Kubernetes Job takes to start when Windlass submits it, when `kubectl create` makes the same Job, and by one request alone:
// `npm run bench:job-start [-- --json] [--starts 30] [--kubectl FILE] [--kubeconfig FILE]`. Without a kubeconfig it brings a cluster of
// its own up (root).
import path from 'node:path';
import { parseArgs } from 'node:util';

import { workerServer } from '../test/cluster/cluster-jobs.ts';
import { labNamespace } from '../test/cluster/namespace.ts';
import { findKubectl } from './job-start/kubectl.ts';
import type { StartFigures, StartsMeasured } from './job-start/measure-starts.ts';
import { measureStarts } from './job-start/measure-starts.ts';
import type { Spread } from './job-start/spread.ts';
import { openStartWatch } from './job-start/start-watch.ts';
import type { StarterName } from './job-start/starters.ts';
import { openStarters } from './job-start/starters.ts';
import type { BenchCluster } from './lab/bench-cluster.ts';
import { openBenchCluster } from './lab/bench-cluster.ts';
import { machineFacts, machineLine } from './lab/machine.ts';
import { markdownTable } from './lab/markdown-table.ts';

interface Measured extends StartsMeasured {
  readonly kubectlVersion: string | null;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    starts: { type: 'string', default: '30' },
    kubectl: { type: 'string', default: 'kubectl' },
    kubeconfig: { type: 'string' },
  },
});
const starts = Number(values.starts);
const titles = {
  windlass: 'Windlass, submit',
  kubectl: 'kubectl create',
  post: 'one POST, connection open',
} as const satisfies Record<StarterName, string>;
const phases = {
  answered: 'it is answered',
  podCreated: 'the pod is there',
  podScheduled: 'the pod is scheduled',
  containerRunning: 'the container runs',
} as const satisfies Record<keyof StartFigures, string>;

const machine = machineFacts();
const measured = await measureOnCluster();
process.stdout.write(values.json ? `${JSON.stringify(asJson(measured), null, 2)}\n` : report(measured));

async function measureOnCluster(): Promise<Measured> {
  const cluster = await openBenchCluster(values.kubeconfig ?? null);
  try {
    return await measure(cluster);
  } finally {
    await cluster.close();
  }
}

/** All with the rights of a worker. */
async function measure(cluster: BenchCluster): Promise<Measured> {
  const kubectl = await findKubectl({
    program: values.kubectl,
    kubeconfig: path.join(path.dirname(cluster.kubeconfig), 'worker.kubeconfig'),
    namespace: labNamespace,
    folder: path.join(cluster.root, 'kubectl'),
  });
  const server = await workerServer(cluster.kubeconfig);
  const watch = await openStartWatch(server, labNamespace);
  try {
    const starters = await openStarters({ cluster, server, kubectl });
    return { kubectlVersion: kubectl?.version ?? null, ...(await measureStarts({ starters, kubectl, watch, starts })) };
  } finally {
    await watch.close();
    await cluster.removeJobs();
  }
}

function asJson({ starters, kubectlItself, kubectlVersion }: Measured): unknown {
  const { windlass, kubectl = null, post } = Object.fromEntries(starters);
  return { starts, windlass, kubectl, post, kubectlItself, kubectlVersion, machine };
}

function report({ starters, kubectlItself, kubectlVersion }: Measured): string {
  const rows = Object.entries(phases).flatMap(([phase, title]) =>
    [...starters].map(([name, figures]) => [title, titles[name], ...cellsOf(figures[phase as keyof StartFigures])]),
  );
  const itself =
    kubectlItself === null
      ? []
      : [['it has ended, asked for nothing', 'kubectl version --client', ...cellsOf(kubectlItself)]];
  const head = [`${starts} starts each, until`, 'by', 'p50, ms', 'p90, ms', 'p99, ms', 'max, ms'];
  const peer =
    kubectlVersion === null
      ? `${values.kubectl} is not installed (Debian: apt-get install kubernetes-client): left out`
      : `kubectl ${kubectlVersion}`;
  return `${machineLine(machine)}; ${peer}\n\n${markdownTable(head, [...rows, ...itself])}\n`;
}

function cellsOf({ p50Ms, p90Ms, p99Ms, maxMs }: Spread): readonly number[] {
  return [p50Ms, p90Ms, p99Ms, maxMs];
}
