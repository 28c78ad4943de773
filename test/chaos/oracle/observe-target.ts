import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import type { Client } from '@temporalio/client';

import type { ReplicaPlatform } from '../../../src/contracts/platform.ts';
import { messages, targetWorkflowId } from '../../../src/contracts/names.ts';
import type { TargetModel, TargetView } from '../../../src/contracts/serving.ts';
import { openControl } from '../../../src/protocols/triton/control.ts';
import { openInference } from '../../../src/protocols/triton/inference.ts';
import type { ReplicaFacts, TargetFacts } from './facts.ts';
import type { MlflowReader } from './mlflow-reader.ts';

export interface TargetWitnesses {
  readonly client: Client;
  readonly mlflow: MlflowReader;
  readonly replicas: readonly ReplicaPlatform[];
}

export async function observeTarget(witnesses: TargetWitnesses, names: TargetModel): Promise<TargetFacts> {
  const { client, mlflow, replicas } = witnesses;
  const { target, model } = names;
  const entity = client.workflow.getHandle(targetWorkflowId(target, model));
  const view = await entity.query<TargetView>(messages.view).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return emptyView(names);
    throw error;
  });
  return {
    view,
    replicas: await Promise.all(replicas.map(async (replica) => observeReplica(replica, model))),
    aliases: {
      champion: await mlflow.aliasOf(model, `champion-${target}`),
      previous: await mlflow.aliasOf(model, `previous-${target}`),
    },
  };
}

function emptyView({ target, model }: TargetModel): TargetView {
  const goal = { resident: [], kept: [] };
  const nothing = { live: null, previous: null, releases: [], lease: null, queue: [], frozen: null, unsettled: false };
  return { target, model, ...nothing, goal };
}

async function observeReplica(replica: ReplicaPlatform, model: string): Promise<ReplicaFacts> {
  const secret = readFileSync(replica.secretFile, 'utf8').trim();
  const control = openControl({ grpcAddress: replica.grpcAddress, secret });
  try {
    const index = await control.repositoryIndex();
    const present = index.filter(({ state, reason }) => state !== '' && reason !== 'unloaded');
    const ready = present.filter(({ name, state }) => name === model && state === 'READY');
    const candidates = present.filter(({ name }) => name === `${model}--candidate`);
    return {
      name: replica.name,
      ready: ascending(ready.map(({ version }) => Number(version))),
      candidates: candidates.map(({ version, state }) => `${version} ${state}`),
      ...observeFiles(replica, model),
      answering: ready.length === 0 ? null : await askWithoutVersion(replica.grpcAddress, model),
    };
  } finally {
    control.close();
  }
}

function observeFiles(
  { repositoryDirectory }: ReplicaPlatform,
  model: string,
): Pick<ReplicaFacts, 'published' | 'strayFiles'> {
  const versions = namesIn(join(repositoryDirectory, model));
  const staging = join(dirname(repositoryDirectory), `${basename(repositoryDirectory)}-staging`, model);
  return {
    published: ascending(versions.filter(isVersion).map(Number)),
    strayFiles: [
      ...versions.filter((name) => !isVersion(name)),
      ...namesIn(join(repositoryDirectory, `${model}--candidate`)).map((name) => `${model}--candidate/${name}`),
      ...namesIn(staging).map((name) => `models-staging/${model}/${name}`),
    ],
  };
}

function isVersion(name: string): boolean {
  return /^[1-9]\d*$/u.test(name);
}

async function askWithoutVersion(grpcAddress: string, modelName: string): Promise<number | null> {
  const inference = openInference({ grpcAddress });
  try {
    let answered: number | null = null;
    const request = { modelName, prompt: 'one', maxTokens: 1, temperature: 0, stream: true, timeoutMs: 20_000 };
    for await (const { modelVersion } of inference.generate(request)) answered = modelVersion;
    return answered;
  } finally {
    await inference.close();
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function ascending(versions: readonly number[]): readonly number[] {
  return versions.toSorted((one, other) => one - other);
}
