import { z } from 'zod';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { corePath, jobsPath } from '../../src/adapters/kubernetes/job-api.ts';
import { stageLabel } from '../../src/adapters/kubernetes/job-metadata.ts';
import { labNamespace } from './namespace.ts';

const lookEveryMs = 500;
const gpuResource = 'nvidia.com/gpu';

/** A Job as the API server showed it to somebody who is no worker. */
export interface SeenJob {
  readonly name: string;
  /** What the job does, by its label. */
  readonly stage: string;
  /** GPUs that its pod asks for. */
  readonly gpus: string;
  /** Where its pod was put; null: nowhere yet. */
  readonly node: string | null;
}

export interface JobSightings {
  /** All that were seen, by name, those that are gone too. */
  readonly jobs: ReadonlyMap<string, SeenJob>;
  stop(): void;
}

/** Looks again and again, as Jobs are removed when they have ended. `onChange`: a Job that is new, or has got its node. */
export function watchJobs(admin: ApiClient, onChange: (job: SeenJob) => void = () => undefined): JobSightings {
  const jobs = new Map<string, SeenJob>();
  const look = async (): Promise<void> => {
    for (const job of await listSeenJobs(admin)) {
      const known = jobs.get(job.name);
      if (known !== undefined && (job.node === null || known.node === job.node)) continue;
      jobs.set(job.name, job);
      onChange(job);
    }
  };
  // An API server that does not answer now may answer the next look.
  const looking = setInterval(() => void look().catch(() => undefined), lookEveryMs);
  return { jobs, stop: () => clearInterval(looking) };
}

const jobsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()) }),
      spec: z.object({
        template: z.object({
          spec: z.object({
            containers: z.array(z.object({ resources: z.object({ requests: z.record(z.string(), z.string()) }) })),
          }),
        }),
      }),
    }),
  ),
});

const podsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
      spec: z.object({ nodeName: z.string().optional() }),
    }),
  ),
});

/** The Jobs that stand now. */
export async function listSeenJobs(admin: ApiClient): Promise<readonly SeenJob[]> {
  const nodes = await nodesByJob(admin);
  const { body } = await admin({ method: 'GET', path: jobsPath(labNamespace) });
  return jobsSchema.parse(JSON.parse(body.toString())).items.map(({ metadata: { name, labels }, spec }) => ({
    name,
    stage: labels[stageLabel] ?? '',
    gpus: spec.template.spec.containers[0]?.resources.requests[gpuResource] ?? '0',
    node: nodes.get(name) ?? null,
  }));
}

async function nodesByJob(admin: ApiClient): Promise<ReadonlyMap<string, string>> {
  const { body } = await admin({ method: 'GET', path: `${corePath(labNamespace)}/pods` });
  return new Map(
    podsSchema.parse(JSON.parse(body.toString())).items.flatMap(({ metadata, spec }) => {
      const job = metadata.labels['batch.kubernetes.io/job-name'];
      return job === undefined || spec.nodeName === undefined ? [] : [[job, spec.nodeName]];
    }),
  );
}
