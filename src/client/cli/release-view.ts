import type { DeployOutcome, Release, TargetModel, TargetView } from '../../contracts/serving.ts';
import { durationText, shortDigest } from './figures.ts';
import { smokeLine } from './run-view.ts';
import { renderTable } from './text-table.ts';

/** What is live on a target, newest release first. */
export function targetLines(view: TargetView): readonly string[] {
  const live = view.live === null ? 'nothing is live' : `version ${view.live.version} is live`;
  const rows = view.releases.toReversed().map((release) => releaseRow(release, view));
  return [
    `${view.model} on ${view.target}: ${live}`,
    ...(view.frozen === null ? [] : [`frozen by ${view.frozen.by}: ${view.frozen.reason}`]),
    ...(view.unsettled ? ['left half changed by a deployer; it is brought back before anything else'] : []),
    ...(view.lease === null ? [] : [`being changed by ${view.lease.holder.workflowId}, ${view.queue.length} waiting`]),
    ...(rows.length === 0
      ? []
      : ['', ...renderTable([['#', 'version', 'how', 'when', 'by', 'engine', 'run'], ...rows])]),
  ];
}

export function outcomeLines({ target, model }: TargetModel, outcome: DeployOutcome): readonly string[] {
  switch (outcome.kind) {
    case 'released': {
      const { release, smoke, switchMs } = outcome;
      const head = `${model} version ${release.version} is live on ${target}; the switch took ${durationText(switchMs)}`;
      return smoke === null ? [head] : [head, `  ${smokeLine(smoke)}`];
    }
    case 'rolled-back': {
      const live = outcome.liveVersion === null ? 'nothing' : `version ${outcome.liveVersion}`;
      return [`${outcome.failure.name}: ${outcome.failure.message}`, `  ${live} is live on ${target}, as before`];
    }
  }
}

function releaseRow(release: Release, { live, previous }: TargetView): readonly string[] {
  const mark =
    release.sequence === live?.sequence ? ' ← live' : release.sequence === previous?.sequence ? ' ← previous' : '';
  const { sequence, version, kind, at, by, engine, runId } = release;
  return [
    String(sequence),
    `${version}${mark}`,
    kind,
    at.replace(/\.\d+Z$/, 'Z'),
    by,
    shortDigest(engine.digest),
    runId,
  ];
}
