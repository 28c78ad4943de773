import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { serverOfKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import { configFiles } from './config-files.ts';
import { importLabImage } from './image.ts';
import type { Kubelab } from './kubelab.ts';
import type { Lab } from './lab.ts';
import { claimLab, nodeName, removeBridges } from './lab.ts';
import { labNamespace } from './namespace.ts';
import { servePodNames } from './pod-names.ts';
import {
  apiServer,
  containerd,
  controllerManager,
  etcd,
  etcdUrl,
  jobControllers,
  kubelet,
  kueue,
  scheduler,
} from './programs.ts';
import type { RunningProgram } from './running-program.ts';
import { startProgram } from './running-program.ts';

/** A cluster of one node with eight GPUs that are none. */
export interface Cluster {
  /** For an administrator. */
  readonly kubeconfig: string;
  readonly client: ApiClient;
  readonly etcdUrl: string;
  /** Ends every pod and program, and removes mounts, bridges and files. */
  down(): Promise<void>;
}

/** JobSet, the trainer and Kueue make them when they are at work. */
const lastWebhooks = [
  'vjobset.kb.io',
  'validator.clustertrainingruntime.trainer.kubeflow.org',
  'vclusterqueue.kb.io',
].map((name) => `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${name}`);
const pollMs = 200;
const timeoutMs = 120_000;

export async function startCluster(kubelab: Kubelab): Promise<Cluster> {
  const lab = await claimLab(kubelab);
  const programs: RunningProgram[] = [];
  try {
    await writeConfigs(lab);
    for (const program of [etcd(lab), apiServer(lab), containerd(lab)])
      programs.unshift(await startProgram(program, lab.directory));
    const client = await answeringClient(lab, programs);
    programs.unshift(await servePodNames(client));
    await until(programs, async () => isContainerdReady(lab));
    await importLabImage(lab.directory);
    for (const program of [controllerManager(lab), scheduler(lab), jobControllers(lab), kueue(lab), kubelet(lab)])
      programs.unshift(await startProgram(program, lab.directory));
    await until(programs, async () => isNodeReady(client));
    for (const webhook of lastWebhooks) await until(programs, async () => isAnswering(client, webhook));
    await giveGpus(client);
    return {
      kubeconfig: path.join(lab.directory, 'admin.kubeconfig'),
      client,
      etcdUrl: etcdUrl(lab),
      down: () => stopCluster(lab, programs, client),
    };
  } catch (error) {
    await stopCluster(lab, programs, null);
    throw error;
  }
}

async function writeConfigs(lab: Lab): Promise<void> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(path.join(lab.directory, 'account.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  for (const [name, content] of Object.entries(configFiles(lab)))
    await writeFile(path.join(lab.directory, name), content);
}

/** The API server makes its certificate when it starts. */
async function answeringClient(lab: Lab, programs: readonly RunningProgram[]): Promise<ApiClient> {
  await until(
    programs,
    async () => (await readFile(`${lab.directory}/certs/apiserver.crt`).catch(() => null)) !== null,
  );
  const client = createApiClient(await serverOfKubeconfig(path.join(lab.directory, 'admin.kubeconfig')));
  await until(programs, async () => isAnswering(client, '/readyz'));
  return client;
}

async function isAnswering(client: ApiClient, at: string): Promise<boolean> {
  return client({ method: 'GET', path: at }).then(
    () => true,
    () => false,
  );
}

function isContainerdReady({ directory }: Lab): boolean {
  return spawnSync('ctr', ['-a', `${directory}/containerd.sock`, 'version'], { stdio: 'ignore' }).status === 0;
}

async function isNodeReady(client: ApiClient): Promise<boolean> {
  const answer = await client({ method: 'GET', path: `/api/v1/nodes/${nodeName}` }).catch(() => null);
  return answer !== null && /"type":"Ready","status":"True"/u.test(answer.body.toString());
}

/** The kubelet keeps what others say of the node's capacity, and the scheduler counts it. */
async function giveGpus(client: ApiClient): Promise<void> {
  const body = { status: { capacity: { 'nvidia.com/gpu': '8' }, allocatable: { 'nvidia.com/gpu': '8' } } };
  await client({ method: 'PATCH', path: `/api/v1/nodes/${nodeName}/status`, body });
}

async function stopCluster(lab: Lab, programs: readonly RunningProgram[], client: ApiClient | null): Promise<void> {
  if (client !== null) await endPods(client, lab);
  for (const program of programs) await program.stop();
  unmountBelow(lab.directory);
  removeBridges();
  await rm(lab.directory, { recursive: true, force: true });
}

/** The kubelet takes pods down together with their networks and mounts; nobody else could name what is left of them. */
async function endPods(client: ApiClient, lab: Lab): Promise<void> {
  const namespaces = '/api/v1/namespaces';
  await client({ method: 'DELETE', path: `${namespaces}/${labNamespace}` }).catch(() => null);
  await until([], async () => !(await isAnswering(client, `${namespaces}/${labNamespace}`))).catch(() => {});
  await until([], async () => !hasContainers(lab)).catch(() => {});
}

function hasContainers({ directory }: Lab): boolean {
  const argv = ['-a', `${directory}/containerd.sock`, '-n', 'k8s.io', 'tasks', 'ls', '-q'];
  return spawnSync('ctr', argv, { encoding: 'utf8' }).stdout.trim() !== '';
}

function unmountBelow(directory: string): void {
  const { stdout } = spawnSync('mount', [], { encoding: 'utf8' });
  const mounts = stdout.split('\n').flatMap((line) => line.split(' ')[2] ?? []);
  for (const mount of mounts.filter((one) => one.startsWith(`${directory}/`)).toReversed())
    spawnSync('umount', ['-l', mount]);
}

async function until(programs: readonly RunningProgram[], isReached: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!(await isReached())) {
    const ended = (await Promise.all(programs.map((program) => program.endedWith()))).filter((end) => end !== null);
    if (ended.length > 0) throw new Error(`a program of the cluster has ended:\n${ended.join('\n')}`);
    if (Date.now() > deadlineMs) throw new Error(`the cluster is not there after ${timeoutMs / 1000} s`);
    await sleep(pollMs);
  }
}
