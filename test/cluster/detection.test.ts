import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { failureOfExit } from '../../src/activities/job-verdict.ts';
import { kubernetesName } from '../../src/adapters/kubernetes/job-name.ts';
import { lookAtJob } from '../../src/adapters/kubernetes/look-at-job.ts';
import type { JobObservation } from '../../src/adapters/kubernetes/observation.ts';
import type { FailureName } from '../../src/contracts/failures.ts';
import { failures } from '../../src/contracts/failures.ts';
import type { JobHandle } from '../../src/contracts/job.ts';
import { buildJobDocument, hasStarted } from '../adapters/job-runner.contract.ts';
import type { ClusterJobs } from './cluster-jobs.ts';
import { openClusterJobs } from './cluster-jobs.ts';
import { closeJobsFolder, openJobsFolder } from './jobs-folder.ts';
import { labNamespace } from './namespace.ts';
import type { Provocation, StruckJob } from './provocations.ts';
import { provocations } from './provocations.ts';

const patienceMs = 120_000;
const rows: string[] = [];
let root: string;

beforeAll(async () => {
  root = await openJobsFolder();
});
afterAll(async () => {
  await closeJobsFolder(root);
  process.stdout.write(
    `\n| category | provoked by | shown as | decision | after |\n|---|---|---|---|---|\n${rows.join('')}\n`,
  );
});

describe('what happens to a job on a real cluster is called by its name', () => {
  it.each(provocations)('$category: $how', async (provocation) => {
    const jobs = await openClusterJobs({ kubeconfig: inject('kubeconfig'), root, ...provocation });
    const document = buildJobDocument(path.join(root, 'output'), provocation.parameters ?? {});
    let sinceMs = performance.now();
    const handle = await jobs.runner.submit(document);
    try {
      if (provocation.strike !== undefined) {
        await hasStarted(document);
        const struck = await findStruck(jobs, handle);
        sinceMs = performance.now();
        await provocation.strike(struck);
      }
      const seen = await untilSeen(jobs, handle, provocation);
      rows.push(rowOf(provocation, seen, performance.now() - sinceMs));
      const { state } = seen;
      if (provocation.words !== undefined)
        expect(state).toHaveProperty('reason', expect.stringMatching(provocation.words));
      if (provocation.exitCode !== undefined) expect(state).toMatchObject({ exitCode: provocation.exitCode });
    } finally {
      await provocation.mend?.(jobs.client);
      await jobs.runner.remove(handle);
    }
  });
});

async function findStruck({ api, client }: ClusterJobs, { name, id }: JobHandle): Promise<StruckJob> {
  const [pod] = await api.listPods(id);
  const core = `/api/v1/namespaces/${labNamespace}`;
  const jobPath = `/apis/batch/v1/namespaces/${labNamespace}/jobs/${kubernetesName(name)}`;
  return { client, jobPath, podPath: `${core}/pods/${pod?.metadata.name ?? ''}` };
}

/** The last look that was had, where what is awaited never came. */
async function untilSeen(
  jobs: ClusterJobs,
  handle: JobHandle,
  { category, words }: Provocation,
): Promise<JobObservation> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const { observation } = await lookAtJob(jobs, { names: [kubernetesName(handle.name)], uid: handle.id });
    const said = 'reason' in observation.state ? observation.state.reason : '';
    const isSeen = observation.category === category && (words === undefined || words.test(said));
    if (isSeen) return observation;
    if (performance.now() > deadlineMs) throw new Error(`${category} was not seen, but ${JSON.stringify(observation)}`);
    await delay(100);
  }
}

function rowOf({ how }: Provocation, { category, state }: JobObservation, afterMs: number): string {
  const words =
    'reason' in state ? state.reason.slice(0, 160) : 'exitCode' in state ? `exit code ${state.exitCode}` : '';
  const cells = [
    `\`${category}\``,
    how,
    words.replaceAll('|', '\\|'),
    decisionOn(state),
    `${(afterMs / 1000).toFixed(1)} s`,
  ];
  return `| ${cells.join(' | ')} |\n`;
}

function decisionOn(state: JobObservation['state']): string {
  if (state.kind === 'running') return 'goes on';
  if (state.kind === 'queued') return 'waits';
  if (state.kind === 'exited' && state.exitCode === 0) return 'done, if its result verifies';
  const failure = failureOf(state);
  return `${failure}: ${failures[failure].class === 'transient' ? 'again' : 'parks'}`;
}

function failureOf(state: Extract<JobObservation['state'], { kind: 'exited' | 'lost' }>): FailureName {
  if (state.kind === 'lost') return state.failure ?? 'JobLost';
  return failureOfExit('train', state).name;
}
