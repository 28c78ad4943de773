import path from 'node:path';
import { corpusFolder, fineTuning } from '../../../examples/glossary/fine-tuning.ts';
import { say } from '../../../examples/glossary/follow.ts';
import { makeCorpus } from '../../../examples/glossary/make-corpus.ts';
import { repository } from '../../../examples/glossary/windlass-command.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';
import type { Ground, StackOptions } from '../../integration/stack-under-test.ts';
import { startStack } from '../../integration/stack-under-test.ts';
import type { VersitygwServer } from '../../servers/versitygw.ts';
import type { ClusterStore } from '../cluster-store.ts';
import { startClusterStore } from '../cluster-store.ts';
import type { Cluster } from '../cluster.ts';
import { startCluster } from '../cluster.ts';
import { jobsOnCluster } from '../job-stages.ts';
import { buildKubelab } from '../kubelab.ts';
import { prepareNamespaces } from '../namespace.ts';
import type { SeenJob } from '../seen-jobs.ts';
import { watchJobs } from '../seen-jobs.ts';
import type { Teardown } from '../teardown.ts';
import { chapter } from './chapter.ts';
import { digestTable, hasEqualBytes, jobTable, runTable } from './demo-tables.ts';
import type { Played } from './play-run.ts';
import { playRun } from './play-run.ts';

/** The platform file and the rows of `npm run demo`. */
const ground: Ground = { platformFile: path.join(repository, 'windlass.yaml'), corpusFolder, writeCorpus: makeCorpus };
/** Enough for the demo's model in training; one job runs at a time. */
const profile = { cpu: '1', memory: '6Gi', sharedMemory: '256Mi', scratch: '8Gi' } as const;
/** Nobody waits for a checkpoint of a demo that was interrupted. */
const graceSeconds = 5;

/** Plays the demo's fine-tuning as Jobs and as processes, each on a stack and a bucket of its own. True: the same bytes. */
export async function playTwice(teardown: Teardown): Promise<boolean> {
  chapter('A cluster of one node with eight GPUs that are none, and an S3 server that its pods reach');
  const { it: cluster } = await teardown.bringUp(
    async () => startCluster(buildKubelab()),
    async (up) => up.down(),
  );
  await prepareNamespaces(cluster.client);
  const { it: store } = await teardown.bringUp(
    async () => startClusterStore(cluster.client, ['cluster', 'processes']),
    async (up) => up.stop(),
  );
  const asJobs = await playAsJobs(teardown, cluster, store);
  chapter('The same run, its jobs processes of the worker');
  const asProcesses = await playOn(teardown, { ...stackOn(store, 'processes'), ground });
  say(`\n${runTable(asProcesses)}`);
  chapter('What both have made');
  say(digestTable(asJobs, asProcesses));
  const isEqual = hasEqualBytes(asJobs, asProcesses);
  say(isEqual ? '\nJobs and processes made the same bytes.' : '\nJobs and processes made different bytes.');
  return isEqual;
}

async function playAsJobs(teardown: Teardown, cluster: Cluster, store: ClusterStore): Promise<Played> {
  chapter(`The demo's fine-tuning, ${JSON.stringify(fineTuning)}, each of its jobs a Job`);
  const sightings = watchJobs(cluster.client, tellJob);
  const platform = (corpus: string): JsonObject => ({
    jobs: jobsOnCluster({ kubeconfig: cluster.kubeconfig, store, corpus, profile, graceSeconds }),
  });
  const played = await playOn(teardown, { ...stackOn(store, 'cluster'), ground, platform });
  sightings.stop();
  say(`\n${runTable(played)}`);
  say(`\n${jobTable([...sightings.jobs.values()])}`);
  return played;
}

function stackOn(store: VersitygwServer, bucket: string): Pick<StackOptions, 'storeUri' | 'environment'> {
  return { storeUri: `s3://${bucket}/windlass`, environment: store.environment };
}

async function playOn(teardown: Teardown, options: StackOptions): Promise<Played> {
  const stack = await teardown.bringUp(
    async () => startStack(options),
    async (up) => up.down(),
  );
  const played = await playRun(stack.it);
  await stack.down();
  return played;
}

function tellJob({ name, gpus, node }: SeenJob): void {
  say(`    ${name}: ${gpus} GPU, ${node === null ? 'no node yet' : `on node ${node}`}`);
}
