import { AdapterError } from '../errors.ts';
import type { JobApi } from './job-api.ts';
import type { JobWatch } from './job-watch.ts';
import type { JobLooking, JobReference, JobSight } from './look-at-job.ts';
import { isToldByEvents, listEventsAbout, lookAtJob } from './look-at-job.ts';
import { observeJob } from './observe-job.ts';
import type { ObservedEvent, ObservedPod } from './observed.ts';

/** Looks at jobs. */
export interface JobLooks {
  /** Whatever ends a job was asked for just now. @throws AdapterError where the API server does not answer */
  look(reference: JobReference): Promise<JobSight>;
  listPods(jobUid: string): Promise<readonly ObservedPod[]>;
  /** The next look at it asks. */
  forget(jobUid: string): void;
}

/** Each look asks. */
export function createAskingLooks(looking: JobLooking): JobLooks {
  return {
    look: async (reference) => lookAtJob(looking, reference),
    listPods: async (jobUid) => looking.api.listPods(jobUid),
    forget: () => {},
  };
}

/** So often a job is asked for by itself, however well its watch seems to be. */
const askEveryMs = 60_000;
/** An API server that does not answer is left alone by each job for so long. */
const askAgainMs = 5_000;
const eventsEveryMs = 5_000;

/** What is kept of a job that lives, from one look to the next. */
interface FollowedJob {
  readonly askAtMs: number;
  /** Until then nothing is asked, because nothing answers. */
  holdUntilMs: number;
  events: readonly ObservedEvent[];
  eventsAtMs: number;
  /** The API server's clock, less ours. */
  readonly aheadMs: number;
}

interface Looking extends JobLooking {
  readonly watch: JobWatch;
  readonly followed: Map<string, FollowedJob>;
}

/**
 * Looks into a watch. The first look at a job asks, and so does each one that would end it; where the API server does not answer, what is
 * known of a job that lives stands in for a while.
 */
export function createWatchedLooks({ api, limitsOf }: JobLooking, watch: JobWatch): JobLooks {
  const looking: Looking = { api, limitsOf, watch, followed: new Map() };
  return {
    look: async (reference) => {
      watch.start();
      const known = await seeKnown(looking, reference.uid);
      return trustOrAsk(looking, { jobUid: reference.uid, known, ask: async () => lookAnew(looking, reference) });
    },
    listPods: async (jobUid) => {
      const known = isKnown(looking, jobUid) ? watch.find(jobUid).pods : null;
      return trustOrAsk(looking, { jobUid, known, ask: async () => api.listPods(jobUid) });
    },
    forget: (jobUid) => void looking.followed.delete(jobUid),
  };
}

interface Question<Answer> {
  readonly jobUid: string;
  /** Null: it has to be asked. */
  readonly known: Answer | null;
  readonly ask: () => Promise<Answer>;
}

async function trustOrAsk<Answer>(
  { watch, followed }: Looking,
  { jobUid, known, ask }: Question<Answer>,
): Promise<Answer> {
  const job = followed.get(jobUid);
  if (job === undefined || known === null) return ask();
  const nowMs = performance.now();
  if (nowMs < job.holdUntilMs || (nowMs < job.askAtMs && watch.freshness() === 'fresh')) return known;
  return ask().catch((error: unknown) => {
    if (!isUnavailable(error)) throw error;
    job.holdUntilMs = performance.now() + askAgainMs;
    return known;
  });
}

async function lookAnew(looking: Looking, reference: JobReference): Promise<JobSight> {
  const { followed } = looking;
  const sight = await lookAtJob(looking, reference);
  const atMs = performance.now();
  for (const [jobUid, { askAtMs }] of followed) if (atMs > askAtMs + askEveryMs) followed.delete(jobUid);
  if (isAlive(sight))
    followed.set(reference.uid, {
      askAtMs: atMs + askEveryMs,
      holdUntilMs: 0,
      events: sight.events,
      eventsAtMs: atMs,
      aheadMs: sight.nowMs - atMs,
    });
  else followed.delete(reference.uid);
  return sight;
}

function isKnown({ watch, followed }: Looking, jobUid: string): boolean {
  return followed.has(jobUid) && watch.freshness() !== 'stale';
}

/** What the watch knows of a job that lives; null: it does not, or it may have ended. */
async function seeKnown(looking: Looking, jobUid: string): Promise<JobSight | null> {
  const followed = looking.followed.get(jobUid);
  if (followed === undefined || !isKnown(looking, jobUid)) return null;
  const found = looking.watch.find(jobUid);
  const seen = { ...found, nowMs: performance.now() + followed.aheadMs, limits: looking.limitsOf(found.job) };
  const bare = { ...seen, events: [], observation: observeJob({ ...seen, events: [] }) };
  if (!isToldByEvents(bare.observation)) return isAlive(bare) ? bare : null;
  const events = await recentEvents(looking.api, followed, { uid: jobUid, pods: seen.pods });
  const sight = { ...seen, events, observation: observeJob({ ...seen, events }) };
  return isAlive(sight) ? sight : null;
}

/** Events are not watched: there are many more of them than there are jobs that wait for what they tell. */
async function recentEvents(
  api: JobApi,
  followed: FollowedJob,
  about: Parameters<typeof listEventsAbout>[1],
): Promise<readonly ObservedEvent[]> {
  if (performance.now() < followed.eventsAtMs + eventsEveryMs) return followed.events;
  followed.eventsAtMs = performance.now();
  followed.events = await listEventsAbout(api, about).catch((error: unknown) => {
    if (!isUnavailable(error)) throw error;
    return followed.events;
  });
  return followed.events;
}

function isAlive({ observation }: JobSight): boolean {
  return observation.state.kind === 'queued' || observation.state.kind === 'running';
}

function isUnavailable(error: unknown): boolean {
  return error instanceof AdapterError && error.failure === 'Unavailable';
}
