import type { JobDocument } from '../../contracts/job.ts';
import { traceparentOf } from '../trace-context.ts';
import { labelValue } from './job-name.ts';

/** Prefix of our own labels and annotations. */
const domain = 'windlass.dev';

/** Annotations hold what labels cannot: whole names and URIs. They lead from a Job back to its run. */
export const annotationKeys = {
  jobName: `${domain}/job-name`,
  runId: `${domain}/run-id`,
  stageKey: `${domain}/stage-key`,
  outputUri: `${domain}/output-uri`,
  documentUri: `${domain}/document-uri`,
  documentDigest: `${domain}/document-digest`,
  specHash: `${domain}/spec-hash`,
  /** What was sent to Kubernetes where that was not the Job itself. */
  kind: `${domain}/kind`,
  traceparent: `${domain}/traceparent`,
} as const;

/** The stage, on each Job and pod. */
export const stageLabel = 'app.kubernetes.io/component';

/** The Job controller's, on each pod. */
export const jobUidLabel = 'batch.kubernetes.io/controller-uid';

/** The Job controller's, on each pod of an indexed Job. */
export const completionIndexKey = 'batch.kubernetes.io/job-completion-index';

/** How many pods a job of several has, on its Job and on each of them: what lets them through to each other selects by it. */
export const nodesLabel = `${domain}/nodes`;

/** Selects the Jobs that Windlass has made, and their pods. */
export const ownedJobsSelector = 'app.kubernetes.io/managed-by=windlass,app.kubernetes.io/name=windlass-job';

export function buildLabels(document: JobDocument): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'windlass-job',
    'app.kubernetes.io/managed-by': 'windlass',
    'app.kubernetes.io/part-of': 'windlass',
    [stageLabel]: document.stage,
    [`${domain}/run`]: labelValue(document.runId),
  };
}

export function buildAnnotations(
  document: JobDocument,
  stored: { readonly uri: string; readonly digest: string },
): Record<string, string> {
  return {
    [annotationKeys.jobName]: document.jobName,
    [annotationKeys.runId]: document.runId,
    [annotationKeys.stageKey]: document.stageKey,
    [annotationKeys.outputUri]: document.output.uri,
    [annotationKeys.documentUri]: stored.uri,
    [annotationKeys.documentDigest]: stored.digest,
    [annotationKeys.traceparent]: traceparentOf(document),
  };
}
