import type { Artifact, ArtifactRef } from '../../contracts/artifact.ts';
import type { EvaluationSummary } from '../../contracts/evaluation.ts';
import type { StageRecord } from '../../contracts/job.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { ResolvedRun } from '../../contracts/run-spec.ts';
import { control } from '../activity-profiles.ts';
import { failWith } from '../failure-of.ts';
import type { RunContext } from './job-stage.ts';
import { asJson, runJobStage } from './job-stage.ts';
import { repairable } from './repairable.ts';

export interface Evaluated {
  readonly report: Artifact;
  readonly summary: EvaluationSummary;
}

interface Judged {
  readonly engine: Artifact;
  readonly dataset: Artifact;
  readonly checkpoint: Artifact;
}

/** The built engine on the test split, beside the base model and what is live on the target; a failed verdict ends the run. */
export async function evaluate(run: RunContext, judged: Judged): Promise<Evaluated> {
  const record = await repairable(run, 'evaluate', async (resolved) => judge(run, resolved, judged));
  const summary = evaluationOf(record.summary);
  run.state.change({ evaluation: summary });
  if (summary.verdict === 'fail') {
    run.state.changeStage('evaluate', { state: 'failed' });
    throw failWith({ name: 'GateRefused', message: `the evaluation failed: ${summary.reasons.join('; ')}` });
  }
  return { report: record.artifact, summary };
}

async function judge(
  run: RunContext,
  { spec, baseModel }: ResolvedRun,
  { engine, dataset, checkpoint }: Judged,
): Promise<StageRecord> {
  const live = await control.findLiveRelease({ target: spec.target, model: spec.model });
  return runJobStage(run, {
    stage: 'evaluate',
    inputs: { engine, dataset, ...others(baseModel, live?.engine ?? null) },
    parameters: asJson({ runtime: spec.runtime, ...spec.evaluate, training: refOf(checkpoint) }),
    outputKind: 'report',
    note: ({ summary }) => verdictLine(summary),
  });
}

function others(base: ArtifactRef | null, incumbent: ArtifactRef | null): Record<string, ArtifactRef> {
  return { ...(base === null ? {} : { base }), ...(incumbent === null ? {} : { incumbent }) };
}

function refOf({ uri, digest, kind }: Artifact): ArtifactRef {
  return { uri, digest, kind };
}

/** The job's summary has this shape by contract (docs/job-contract.md, evaluate). */
function evaluationOf(summary: JsonObject): EvaluationSummary {
  return summary as unknown as EvaluationSummary;
}

function verdictLine(summary: JsonObject): string {
  const { verdict, candidate, incumbent } = evaluationOf(summary);
  const beside = incumbent === null ? '' : ` (live: ${incumbent.perplexity.toFixed(1)})`;
  return `${verdict} · perplexity ${candidate.perplexity.toFixed(1)}${beside}`;
}
