import type { JobSpec } from 'kubernetes-types/batch/v1.js';
import type { PodSpec } from 'kubernetes-types/core/v1.js';
import { canonicalJson } from '../../contracts/canonical-json.ts';
import type { KubernetesJobsPlatform } from '../../contracts/platform.ts';
import { versionOf, wrapperResources } from './job-kinds.ts';
import { replicatedJobName } from './job-name.ts';
import type { RenderedObject } from './job-set.ts';
import { buildJobSetSpec, buildWrapperMetadata } from './job-set.ts';
import type { RenderedJob } from './job-spec.ts';
import { sha256 } from './job-spec.ts';

const hashDigits = 16;

/** Who has patched the runtime, as Kueue is another. */
const patchManager = 'windlass.dev/jobs-worker';

/**
 * A TrainJob and the runtime that it refers to, in the order in which they are made. All that differs from job to job stands in the TrainJob.
 * The runtime is the rest, which is the platform's, and named by its content: jobs of one platform share it, whoever made it first, and
 * nobody has to remove it with a job.
 */
export function buildTrainJob(job: RenderedJob, platform: KubernetesJobsPlatform): readonly RenderedObject[] {
  const runtime = buildRuntime(job, platform);
  const { apiVersion, kind } = runtime.body;
  const resource = wrapperResources.TrainJob;
  const trainJob = {
    apiVersion,
    kind: 'TrainJob',
    metadata: buildWrapperMetadata(job, platform),
    spec: {
      runtimeRef: { apiGroup: resource.group, kind, name: runtime.body.metadata.name },
      runtimePatches: [
        { manager: patchManager, trainingRuntimeSpec: { template: { spec: { replicatedJobs: [ownPart(job)] } } } },
      ],
    },
  };
  return [runtime, { resource, body: trainJob }];
}

/** What the runtime does not say: what leads back to the run, and the job's environment. */
function ownPart({ metadata, spec }: RenderedJob): object {
  const { labels, annotations } = metadata;
  const containers = spec.template.spec?.containers.map(({ name, env }) => ({ name, env }));
  const template = { metadata: spec.template.metadata, spec: { containers } };
  return { name: replicatedJobName, template: { metadata: { labels, annotations }, spec: { template } } };
}

function buildRuntime(job: RenderedJob, platform: KubernetesJobsPlatform): RenderedObject {
  const shared = { metadata: {}, spec: withoutOwn(job.spec) };
  const spec = { template: { spec: buildJobSetSpec(shared, platform) } };
  const resource = wrapperResources.TrainingRuntime;
  const hash = sha256(canonicalJson(spec)).slice('sha256:'.length).slice(0, hashDigits);
  const labels = { 'app.kubernetes.io/managed-by': 'windlass', 'trainer.kubeflow.org/framework': 'torch' };
  return {
    resource,
    body: {
      apiVersion: versionOf(resource),
      kind: 'TrainingRuntime',
      metadata: { name: `windlass-${hash}`, labels, annotations: {} },
      spec,
    },
  };
}

/** What of a Job's spec is the same for all jobs of the platform and stage; JobSet gives pods the domain of their names. */
function withoutOwn(spec: JobSpec): JobSpec {
  const { subdomain: _, containers, ...pod } = spec.template.spec as PodSpec;
  const bare = containers.map(({ env: __, ...container }) => container);
  return { ...spec, template: { spec: { ...pod, containers: bare } } };
}
