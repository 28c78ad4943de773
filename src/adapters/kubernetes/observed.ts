import { z } from 'zod';

/** Times of the API server, as milliseconds since 1970. */
const time = z.string().transform((text) => Date.parse(text));
const text = z.string().default('');

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: text,
  message: text,
  lastTransitionTime: time.nullish(),
});

const metadata = z.object({
  name: z.string(),
  uid: z.string(),
  creationTimestamp: time,
  deletionTimestamp: time.nullish(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
});

const containerStatus = z.object({
  name: z.string(),
  state: z
    .object({
      waiting: z.object({ reason: text, message: text }).optional(),
      running: z.object({ startedAt: time.nullish() }).optional(),
      terminated: z
        .object({ exitCode: z.int(), reason: text, startedAt: time.nullish(), finishedAt: time.nullish() })
        .optional(),
    })
    .default({}),
});

/** Quantities of a container. */
const limits = z.record(z.string(), z.coerce.string()).default({});

const podTemplate = z.object({
  spec: z
    .object({ containers: z.array(z.object({ resources: z.object({ limits }).prefault({}) })).default([]) })
    .prefault({}),
});

/** The parts of a Job that we read. */
export const observedJobSchema = z.object({
  metadata,
  spec: z.object({
    suspend: z.boolean().default(false),
    completions: z.int().default(1),
    template: podTemplate.prefault({}),
  }),
  status: z
    .object({ startTime: time.nullish(), succeeded: z.int().default(0), conditions: z.array(condition).default([]) })
    .prefault({}),
});

/** The parts of a Pod that we read. */
export const observedPodSchema = z.object({
  metadata,
  status: z
    .object({
      phase: text,
      reason: text,
      message: text,
      conditions: z.array(condition).default([]),
      initContainerStatuses: z.array(containerStatus).default([]),
      containerStatuses: z.array(containerStatus).default([]),
    })
    .prefault({}),
});

/** The parts of an Event that we read. */
export const observedEventSchema = z.object({
  reason: text,
  message: text,
  lastTimestamp: time.nullish(),
  eventTime: time.nullish(),
  involvedObject: z.object({ kind: text, uid: text }),
});

export type ObservedJob = z.infer<typeof observedJobSchema>;
export type ObservedPod = z.infer<typeof observedPodSchema>;
export type ObservedEvent = z.infer<typeof observedEventSchema>;
export type ObservedContainer = z.infer<typeof containerStatus>;
type ObservedCondition = z.infer<typeof condition>;

/** The condition of a type that holds now. */
export function heldCondition(
  { status }: { readonly status: { readonly conditions: readonly ObservedCondition[] } },
  type: string,
): ObservedCondition | undefined {
  return status.conditions.find((one) => one.type === type && one.status === 'True');
}

/** Why a Job has failed, from the moment on at which its controller begins to end what is left of it. */
export function failedCondition(job: ObservedJob): ObservedCondition | undefined {
  return heldCondition(job, 'Failed') ?? heldCondition(job, 'FailureTarget');
}

/** The newest event about an object, with one of the reasons where some are named. */
export function newestEvent(
  events: readonly ObservedEvent[],
  uid: string,
  reasons?: readonly string[],
): ObservedEvent | undefined {
  return events
    .filter((event) => event.involvedObject.uid === uid && reasons?.includes(event.reason) !== false)
    .toSorted((one, other) => eventTimeMs(other) - eventTimeMs(one))[0];
}

function eventTimeMs({ lastTimestamp, eventTime }: ObservedEvent): number {
  return lastTimestamp ?? eventTime ?? 0;
}
