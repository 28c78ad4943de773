import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Client } from '@temporalio/client';

import { messages } from '../../../src/contracts/names.ts';
import type { Artifact } from '../../../src/contracts/artifact.ts';
import type { RunStatus } from '../../../src/contracts/run-status.ts';
import { failureOfResult } from './failure-of-result.ts';
import type { Ending, JobStart, RunFacts } from './facts.ts';
import type { MlflowReader } from './mlflow-reader.ts';
import type { StoreReader } from './store-reader.ts';

export interface RunWitnesses {
  readonly client: Client;
  readonly store: StoreReader;
  readonly mlflow: MlflowReader;
  readonly jobsDirectory: string;
  readonly startsFile: string;
}

/** How a workflow stands, or how it ended. */
export async function readEnding(client: Client, workflowId: string): Promise<Ending> {
  const handle = client.workflow.getHandle(workflowId);
  const { status } = await handle.describe();
  if (status.name === 'FAILED')
    return { status: 'FAILED', failure: failureOfResult(await handle.result().catch((error: unknown) => error)) };
  return { status: status.name, failure: null };
}

export async function observeRun(
  witnesses: RunWitnesses,
  { workflowId, model }: { readonly workflowId: string; readonly model: string },
): Promise<RunFacts> {
  const { client, mlflow, store } = witnesses;
  const ending = await readEnding(client, workflowId);
  const status = await readStatus(client, workflowId);
  const starts = readStarts(witnesses.startsFile).filter(({ runId }) => runId === workflowId);
  const artifacts = (status?.stages ?? []).flatMap(({ artifact }) => (artifact === undefined ? [] : [artifact]));
  return {
    workflowId,
    ending,
    status,
    versions: await mlflow.versionsOf(model, workflowId),
    trackingStatuses: await mlflow.trackingStatusesOf(model, workflowId),
    artifactProblems: (await Promise.all(artifacts.map(async (artifact) => problemsOf(store, artifact)))).flat(),
    starts,
    leftovers: leftoversOf(witnesses.jobsDirectory, workflowId),
  };
}

async function readStatus(client: Client, workflowId: string): Promise<RunStatus | null> {
  const handle = client.workflow.getHandle(workflowId);
  const { type } = await handle.describe();
  return type === 'llmPipeline' ? handle.query<RunStatus>(messages.status) : null;
}

function readStarts(file: string): readonly JobStart[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JobStart);
}

interface Manifest {
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly size: number }[];
}

/** Every byte against its digest, with nothing of the project's own code in between. */
async function problemsOf(store: StoreReader, { uri, digest }: Artifact): Promise<readonly string[]> {
  const manifest = await store.read(`${uri}/manifest.json`);
  if (manifest === null) return [`${uri}/manifest.json is missing`];
  if (`sha256:${sha256(manifest)}` !== digest) return [`${uri}/manifest.json has not the digest ${digest}`];
  const { files } = JSON.parse(Buffer.from(manifest).toString('utf8')) as Manifest;
  const problems = files.map(async (file) => {
    const bytes = await store.read(`${uri}/${file.path}`);
    if (bytes === null) return `${uri}/${file.path} is missing`;
    return sha256(bytes) === file.sha256 && bytes.length === file.size ? null : `${uri}/${file.path} has other bytes`;
  });
  return (await Promise.all(problems)).filter((problem) => problem !== null);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Processes of the run's jobs, and scratch directories of them. */
function leftoversOf(jobsDirectory: string, workflowId: string): readonly string[] {
  const jobs = readdirSync(jobsDirectory).filter((name) => name.includes(`-${workflowId}-`));
  const running = jobProcesses(jobsDirectory).filter(({ job }) => jobs.includes(job));
  const scratch = jobs.filter((name) => existsSync(join(jobsDirectory, name, 'work')));
  return [
    ...running.map(({ pid, job }) => `process ${pid} of ${job}`),
    ...scratch.map((name) => `scratch directory of ${name}`),
  ];
}

/** Every live process that works for a job of this directory. */
export function jobProcesses(jobsDirectory: string): readonly { readonly pid: number; readonly job: string }[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
  return pids.flatMap((pid) => {
    const job = environmentOf(pid).find((entry) => entry.startsWith(`WINDLASS_JOB=${jobsDirectory}/`));
    return job === undefined ? [] : [{ pid: Number(pid), job: job.split('/').at(-2) ?? '' }];
  });
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
