import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AdapterError } from '../../src/adapters/errors.ts';
import type { JobDocument, JobHandle, JobResult, JobState } from '../../src/contracts/job.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { JobRunner } from '../../src/ports/job-runner.ts';
import type { ArtifactStore } from '../../src/ports/object-store.ts';

const scores = { perplexity: 1, tokensPerSecond: 1, taskPassRate: null };
const verdict: JsonObject = { verdict: 'pass', reasons: [], candidate: scores, base: null, incumbent: null };

/**
 * Jobs that do nothing, without a process: `submit` publishes the artifact and the result as a job would. What a job has done is read
 * from the store, so a worker that is killed forgets nothing.
 */
export function createInProcessRunner(artifacts: ArtifactStore): JobRunner {
  return {
    submit: async (document) => submit(artifacts, document),
    inspect: async (handle) => inspect(artifacts, handle),
    timeOf: async () => null,
    newestProgress: async () => null,
    list: async () => [],
    keepLog: async () => {},
    readProgress: async (_handle, offset) => ({ lines: [], nextOffset: offset }),
    readLog: async (_handle, offset) => ({ text: '', nextOffset: offset }),
    logTail: async () => '',
    remove: async () => {},
  };
}

async function submit(artifacts: ArtifactStore, document: JobDocument): Promise<JobHandle> {
  const { uri, kind } = document.output;
  const directory = await mkdtemp(join(tmpdir(), 'windlass-no-op-'));
  try {
    await writeFile(join(directory, 'stage-key.txt'), document.stageKey);
    const artifact = await artifacts.publish(directory, { uri, kind, attributes: {} });
    const summary = document.stage === 'evaluate' ? verdict : {};
    const result: JobResult = {
      schema: 'windlass.result/v1',
      status: 'succeeded',
      artifact,
      summary,
      metrics: {},
      versions: {},
    };
    await artifacts.objects.putIfAbsent(resultKey(artifacts, uri), new TextEncoder().encode(JSON.stringify(result)));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return { name: document.jobName, id: document.jobName, outputUri: uri };
}

async function inspect(artifacts: ArtifactStore, { outputUri }: JobHandle): Promise<JobState> {
  const result = await artifacts.objects.stat(resultKey(artifacts, outputUri));
  if (result !== null) return { kind: 'exited', exitCode: 0 };
  throw new AdapterError('NotFound', `no result under ${outputUri}`, { system: 'jobs' });
}

function resultKey({ objects }: ArtifactStore, outputUri: string): string {
  return `${outputUri.slice(objects.rootUri.length + 1)}/result.json`;
}
