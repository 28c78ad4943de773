import { CancellationScope, condition, setHandler, upsertMemo, workflowInfo } from '@temporalio/workflow';

import type { Artifact } from '../contracts/artifact.ts';
import type { Evaluated } from './stages/evaluate.ts';
import type { ForkInput } from '../contracts/fork.ts';
import type { RunInput } from '../contracts/run-spec.ts';
import type { RunResult } from '../contracts/run-status.ts';
import { control } from './activity-profiles.ts';
import { openApprovalDesk } from './approval.ts';
import { failureOf, isCancelled, outermost } from './failure-of.ts';
import { mendingDamage } from './mend-damage.ts';
import { acceptedUpdate, statusQuery } from './messages.ts';
import { openRepairDesk } from './repair-desk.ts';
import { memoOf } from './run-memo.ts';
import type { RunState } from './run-state.ts';
import { createRunState } from './run-state.ts';
import { buildEngine } from './stages/build-engine.ts';
import { convert } from './stages/convert.ts';
import { deploy } from './stages/deploy.ts';
import { evaluate } from './stages/evaluate.ts';
import type { RunContext } from './stages/job-stage.ts';
import { createMadeStages } from './stages/made-stages.ts';
import { prepareData } from './stages/prepare-data.ts';
import { train } from './stages/train.ts';
import { stoppingPoint } from './stopping-point.ts';

/**
 * A run: raw text to a language model answering in production. Input: one object, e.g. `{"model":"glossary","preset":"quickstart"}`, or
 * `{"fork":{"run":"glossary-…","from":"train","set":{"train.learningRate":0.0001}}}`; a wrong one ends the run at once with `InvalidSpec`,
 * which names every wrong field.
 */
export async function llmPipeline(input: RunInput | ForkInput): Promise<RunResult> {
  const state = createRunState(workflowInfo().workflowId, modelNameIn(input));
  const desks = listen(state);
  let run: RunContext | null = null;
  try {
    const begun = (run = await resolve(state, desks, input));
    return await mendingDamage(begun, async () => textToAnswers(begun));
  } catch (error) {
    await conclude(state, run, error);
    throw outermost(error);
  }
}

/** The story. It may be told again from the top, when an artifact turns out damaged: what stands is not done again. */
async function textToAnswers(run: RunContext): Promise<RunResult> {
  const { artifact: dataset } = await prepareData(run);
  const { artifact: checkpoint } = await train(run, dataset);
  const version = await allocateVersion(run, checkpoint);
  const { artifact: weights } = await convert(run, checkpoint);
  const { artifact: engine } = await buildEngine(run, { weights, checkpoint, dataset });
  const evaluated = await evaluate(run, { engine, dataset, checkpoint });
  await tagLineage(run, { version, dataset, checkpoint, weights, engine, report: evaluated.report });
  await approve(run, engine, evaluated);
  await deploy(run, version, engine);
  return finish(run, { version, engine, evaluated });
}

function modelNameIn(input: unknown): string {
  const hasModel = typeof input === 'object' && input !== null && 'model' in input && typeof input.model === 'string';
  return hasModel ? String(input.model) : 'unnamed';
}

/** Where people's words about the run arrive. */
type Desks = Pick<RunContext, 'approvals' | 'repairs'>;

function listen(state: RunState): Desks {
  setHandler(statusQuery, () => state.status, {
    description: 'State of the run: stages, what is awaited, evaluation, links.',
  });
  setHandler(
    acceptedUpdate,
    async () => {
      await condition(() => state.status.phase !== 'resolving');
      return state.status;
    },
    { description: 'Answers once the input was checked and the run has begun (or failed).' },
  );
  return { approvals: openApprovalDesk(state), repairs: openRepairDesk(state) };
}

async function resolve(state: RunState, desks: Desks, input: RunInput | ForkInput): Promise<RunContext> {
  const resolved = await control.resolveRun({ runId: state.status.runId, input });
  const { spec, specDigest, specUri, links, fork } = resolved;
  const opening = {
    model: spec.model,
    runId: state.status.runId,
    tags: {
      'windlass.target': spec.target,
      'windlass.requester': spec.requester,
      'windlass.spec': specDigest,
      ...(fork === null ? {} : { 'windlass.fork.run': fork.run, 'windlass.fork.from': fork.from }),
    },
    specUri,
  };
  // Not cancelled half way: a tracking run that may have been opened must be known, or nobody could close it.
  const tracking = await CancellationScope.nonCancellable(async () => control.openTrackingRun(opening));
  upsertMemo(memoOf(resolved));
  state.change({
    phase: 'running',
    model: spec.model,
    target: spec.target,
    requester: spec.requester,
    fork,
    links: { MLflow: tracking.url, ...(links.temporal === null ? {} : { Temporal: links.temporal }), spec: specUri },
  });
  return { state, resolved, ...desks, trackingRunId: tracking.trackingRunId, made: createMadeStages() };
}

async function allocateVersion(run: RunContext, checkpoint: Artifact): Promise<number> {
  const { state, resolved, trackingRunId } = run;
  const { version, url } = await control.allocateVersion({
    model: resolved.spec.model,
    runId: state.status.runId,
    trackingRunId,
    sourceUri: checkpoint.uri,
    sourceDigest: checkpoint.digest,
  });
  state.change({ version, links: { ...state.status.links, 'model version': url } });
  return version;
}

interface Lineage {
  readonly version: number;
  readonly dataset: Artifact;
  readonly checkpoint: Artifact;
  readonly weights: Artifact;
  readonly engine: Artifact;
  readonly report: Artifact;
}

/** Where a version comes from, and what a later `windlass deploy` of it needs. */
async function tagLineage(run: RunContext, { version, ...artifacts }: Lineage): Promise<void> {
  const { spec, specUri, specDigest, baseModel, jobsDigest } = run.resolved;
  const digests = Object.entries(artifacts).map(([name, { digest }]): [string, string] => [
    `windlass.${name}.digest`,
    digest,
  ]);
  const tags: Record<string, string> = {
    ...Object.fromEntries(digests),
    'windlass.base.digest': baseModel?.digest ?? 'none',
    'windlass.config.digest': specDigest,
    'windlass.spec.uri': specUri,
    'windlass.jobs.digest': jobsDigest,
    'windlass.engine.uri': artifacts.engine.uri,
    'windlass.report.uri': artifacts.report.uri,
  };
  await control.tagVersion({ model: spec.model, version, tags });
  run.state.change({ links: { ...run.state.status.links, report: `${artifacts.report.uri}/report.html` } });
}

/** A release owner's word, where the target, the input or an inconclusive evaluation asks for one. */
async function approve(run: RunContext, engine: Artifact, { summary }: Evaluated): Promise<void> {
  const { spec } = run.resolved;
  if (!spec.approval.required && summary.verdict === 'pass') return;
  if (run.state.status.decision?.engineDigest === engine.digest) return;
  await run.approvals.awaitApproval({
    spec: spec.approval,
    engineDigest: engine.digest,
    target: spec.target,
    requester: spec.requester,
  });
}

interface Finished {
  readonly version: number;
  readonly engine: Artifact;
  readonly evaluated: Evaluated;
}

async function finish(run: RunContext, { version, engine, evaluated }: Finished): Promise<RunResult> {
  const { state, resolved, trackingRunId } = run;
  await CancellationScope.nonCancellable(async () => control.closeTrackingRun({ trackingRunId, status: 'FINISHED' }));
  state.change({ phase: 'released' });
  const { runId, smoke, stages, links } = state.status;
  const { model, target } = resolved.spec;
  return { runId, model, version, target, engine, evaluation: evaluated.summary, smoke, stages, links };
}

/** Leaves the run readable: which stage, which failure; stages that never began are skipped. */
async function conclude(state: RunState, run: RunContext | null, error: unknown): Promise<void> {
  const cancelled = isCancelled(error);
  const failure = cancelled ? null : failureOf(error);
  const stopped = cancelled ? stoppingPoint(state.status) : null;
  const stages = state.status.stages.map((stage) => {
    if (stage.state === 'running')
      return { ...stage, state: 'failed' as const, note: cancelled ? 'cancelled' : (failure?.message ?? '') };
    return stage.state === 'waiting' ? { ...stage, state: 'skipped' as const } : stage;
  });
  const phase = cancelled ? 'cancelled' : failure?.name === 'RunRejected' ? 'rejected' : 'failed';
  state.change({ stages, phase, failure, stopped, approval: null, attention: null });
  if (run === null) return;
  const { trackingRunId } = run;
  const status = cancelled ? 'KILLED' : 'FAILED';
  await CancellationScope.nonCancellable(async () => control.closeTrackingRun({ trackingRunId, status }));
}
