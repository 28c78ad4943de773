import type { SeenJob } from '../../../src/adapters/kubernetes/observe-job.ts';
import type { WaitLimits } from '../../../src/adapters/kubernetes/wait-limits.ts';
import {
  observedEventSchema,
  observedJobSchema,
  observedPodSchema,
} from '../../../src/adapters/kubernetes/observed.ts';

type Fields = Readonly<Record<string, unknown>>;

const begin = Date.parse('2026-11-25T10:00:00Z');
const jobUid = 'job-uid';
const podUid = 'pod-uid';

/** A time of the API server: whole seconds after the Job was made. */
export function at(seconds: number): string {
  return new Date(begin + seconds * 1000).toISOString().replace('.000Z', 'Z');
}

export function condition(type: string, reason: string, message = ''): Fields {
  return { type, status: 'True', reason, message, lastTransitionTime: at(1) };
}

export function jobObject(spec: Fields = {}, conditions: readonly Fields[] = []): Fields {
  return {
    metadata: { name: 'w-train', uid: jobUid, creationTimestamp: at(0) },
    spec,
    status: { startTime: at(0), conditions },
  };
}

/** A pod for which the scheduler has found no node. */
export function unscheduled(reason: string, message: string): Fields {
  return podObject({ status: { conditions: [{ ...condition('PodScheduled', reason, message), status: 'False' }] } });
}

export interface PodFields {
  readonly status?: Fields;
  /** State of the container `job`. */
  readonly container?: Fields;
  /** State of an init container. */
  readonly init?: Fields;
  readonly conditions?: readonly Fields[];
  readonly deleted?: string;
  readonly created?: string;
  /** Of an indexed Job. */
  readonly index?: number;
}

export function podObject(fields: PodFields = {}): Fields {
  const { container, init, deleted, index } = fields;
  return {
    metadata: {
      name: index === undefined ? 'w-train-x7k2p' : `w-train-${index}-x7k2p`,
      uid: podUid,
      annotations: index === undefined ? {} : { 'batch.kubernetes.io/job-completion-index': `${index}` },
      creationTimestamp: fields.created ?? at(0),
      ...(deleted === undefined ? {} : { deletionTimestamp: deleted }),
    },
    status: {
      phase: 'Pending',
      conditions: [condition('PodScheduled', ''), ...(fields.conditions ?? [])],
      ...(container === undefined ? {} : { containerStatuses: [{ name: 'job', state: container }] }),
      ...(init === undefined ? {} : { initContainerStatuses: [{ name: 'istio-init', state: init }] }),
      ...fields.status,
    },
  };
}

export function waits(reason: string, message: string): Fields {
  return { waiting: { reason, message } };
}

export function exited(exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error', second = 9): Fields {
  return { terminated: { exitCode, reason, startedAt: at(3), finishedAt: at(second) } };
}

export function about(kind: 'Job' | 'Pod', reason: string, message: string): Fields {
  const involvedObject = { kind, uid: kind === 'Job' ? jobUid : podUid };
  return { reason, message, lastTimestamp: at(1), involvedObject };
}

export interface Seen {
  readonly job?: Fields | null;
  readonly pods?: readonly Fields[];
  readonly events?: readonly Fields[];
  readonly afterSeconds?: number;
  readonly limits?: Partial<WaitLimits>;
}

/** What a look reads, through the schemas that the transport uses. */
export function seenJob({ job = jobObject(), pods = [], events = [], afterSeconds = 10, limits }: Seen): SeenJob {
  return {
    job: job === null ? null : observedJobSchema.parse(job),
    pods: pods.map((pod) => observedPodSchema.parse(pod)),
    events: events.map((event) => observedEventSchema.parse(event)),
    nowMs: begin + afterSeconds * 1000,
    limits: { queueSeconds: null, startSeconds: null, ...limits },
  };
}
