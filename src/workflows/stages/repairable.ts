import { log, upsertMemo } from '@temporalio/workflow';

import type { Failure } from '../../contracts/failures.ts';
import type { Attention, RepairOrder, RepairRecord } from '../../contracts/repair.ts';
import type { ResolvedRun } from '../../contracts/run-spec.ts';
import type { JobStageName } from '../../contracts/stage.ts';
import { control } from '../activity-profiles.ts';
import { failureOf, isCancelled, logTailOf } from '../failure-of.ts';
import { memoOf } from '../run-memo.ts';
import { damagedStage } from './damage.ts';
import type { RunContext } from './job-stage.ts';

/**
 * Does a job stage with what the run works with. Where it fails for good, the run is parked until a person repairs it, and goes on from
 * here; what came before is not done again. A damaged artifact is made again without a person. A parked run holds no job and no lease. After its time, the stage's own failure ends it.
 */
export async function repairable<Result>(
  run: RunContext,
  stage: JobStageName,
  attempt: (resolved: ResolvedRun) => Promise<Result>,
): Promise<Result> {
  for (;;) {
    try {
      return await attempt(run.resolved);
    } catch (error) {
      if (isCancelled(error) || run.resolved.spec.repair.onFailure === 'fail') throw error;
      if (damagedStage(run, error) !== null) throw error;
      if (!(await parkUntilRepaired(run, stage, error))) throw error;
    }
  }
}

async function parkUntilRepaired(run: RunContext, stage: JobStageName, error: unknown): Promise<boolean> {
  const { state, repairs, trackingRunId } = run;
  const failure = failureOf(error);
  const attention = attentionOf(run, { stage, failure, logTail: logTailOf(error) });
  log.warn('the run is parked until a person repairs it', { stage, failure });
  state.endStage(stage, { state: 'failed', note: failure.message });
  state.change({ phase: 'needs-attention', attention });
  const timeoutMs = Date.parse(attention.expiresAt) - Date.parse(attention.since);
  const isRepaired = await repairs.awaitRepair(async (order) => checkRepair(run, order), timeoutMs);
  if (isRepaired) await control.tagTrackingRun({ trackingRunId, tags: repairTags(run) });
  return isRepaired;
}

const shownLogChars = 2000;

function attentionOf(
  { state, resolved }: RunContext,
  { stage, failure, logTail }: { readonly stage: JobStageName; readonly failure: Failure; readonly logTail: string },
): Attention {
  const sinceMs = Date.now();
  return {
    stage,
    failure,
    logTail: logTail.slice(-shownLogChars),
    job: state.stage(stage).job ?? null,
    since: new Date(sinceMs).toISOString(),
    expiresAt: new Date(sinceMs + resolved.spec.repair.expiresSeconds * 1000).toISOString(),
  };
}

async function checkRepair(run: RunContext, order: RepairOrder): Promise<() => RepairRecord> {
  const { stage, set = {} } = order;
  const { runId } = run.state.status;
  const { specUri, jobsDigest, olderJobsDigests, fork } = run.resolved;
  const resolved = { specUri, jobsDigest, olderJobsDigests, fork };
  const amended = await control.amendRun({ runId, stage, change: set, resolved });
  return () => makeRepair(run, order, amended);
}

/** At once, so that nobody sees a run that is half repaired. */
function makeRepair(run: RunContext, order: RepairOrder, amended: ResolvedRun): RepairRecord {
  const { state } = run;
  const { stage, by, set = {}, comment = '' } = order;
  const { specUri, specDigest, spec } = amended;
  const at = new Date().toISOString();
  const record = { stage, by, at, set, specDigest, ...(comment === '' ? {} : { comment }) };
  run.resolved = amended;
  upsertMemo(memoOf(amended));
  state.change({
    phase: 'running',
    attention: null,
    repairs: [...state.status.repairs, record],
    target: spec.target,
    links: { ...state.status.links, spec: specUri },
  });
  return record;
}

/** MLflow's parameters cannot be changed: what a repair changed stands in a tag of its own. */
function repairTags({ state, resolved }: RunContext): Record<string, string> {
  const { repairs } = state.status;
  return {
    'windlass.spec': resolved.specDigest,
    [`windlass.repair.${repairs.length}`]: JSON.stringify(repairs.at(-1)),
  };
}
