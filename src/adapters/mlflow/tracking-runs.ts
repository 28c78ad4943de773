import { z } from 'zod';
import type { OpenTrackingRun } from '../../ports/tracking.ts';
import type { MlflowRest } from './rest.ts';
import { emptyAnswer } from './rest.ts';
import { buildTagFilter, buildTags, runTag } from './tags.ts';

const infoSchema = z.object({ run_id: z.string(), status: z.string() });
const searchSchema = z.object({ runs: z.array(z.object({ info: infoSchema })).default([]) });
const runSchema = z.object({ run: z.object({ info: infoSchema }) });

type RunInfo = z.infer<typeof infoSchema>;

/**
 * Id of the tracking run that carries the Windlass run's tag. Creating is not idempotent, so callers that race look again and agree on
 * the oldest; a caller deletes only what it made itself.
 */
export async function ensureRun(rest: MlflowRest, experimentId: string, request: OpenTrackingRun): Promise<string> {
  const found = await findRun(rest, experimentId, request.runId);
  if (found !== null) return reopen(rest, found);
  const created = await createRun(rest, experimentId, request);
  const oldest = await findRun(rest, experimentId, request.runId);
  if (oldest === null || oldest.run_id === created) return created;
  await rest({ method: 'POST', path: 'runs/delete', body: { run_id: created }, answer: emptyAnswer });
  return oldest.run_id;
}

export async function updateRun(rest: MlflowRest, body: Readonly<Record<string, unknown>>): Promise<void> {
  await rest({ method: 'POST', path: 'runs/update', body, answer: emptyAnswer });
}

async function findRun(rest: MlflowRest, experimentId: string, runId: string): Promise<RunInfo | null> {
  const body = {
    experiment_ids: [experimentId],
    filter: buildTagFilter(runTag, runId),
    order_by: ['attributes.start_time ASC', 'attributes.run_id ASC'],
    max_results: 1,
  };
  const { runs } = await rest({ method: 'POST', path: 'runs/search', body, answer: searchSchema });
  return runs[0]?.info ?? null;
}

async function createRun(rest: MlflowRest, experimentId: string, request: OpenTrackingRun): Promise<string> {
  const body = {
    experiment_id: experimentId,
    run_name: request.runId,
    start_time: Date.now(),
    tags: buildTags({ ...request.tags, [runTag]: request.runId }),
  };
  const { run } = await rest({ method: 'POST', path: 'runs/create', body, answer: runSchema });
  return run.info.run_id;
}

/** A run that goes on after it had ended, such as one whose failed stage is repeated, is running again. */
async function reopen(rest: MlflowRest, run: RunInfo): Promise<string> {
  if (run.status !== 'RUNNING') await updateRun(rest, { run_id: run.run_id, status: 'RUNNING' });
  return run.run_id;
}
