import { renderTable } from '../../../examples/glossary/tables.ts';
import type { SeenJob } from '../seen-jobs.ts';
import type { Played } from './play-run.ts';

/** Reports hold times, and what follows them is no artifact. */
const stagesOfEqualBytes = ['prepare-data', 'train', 'convert', 'build-engine'] as const;
const digestChars = 'sha256:'.length + 16;

export function runTable({ status }: Played): string {
  const rows = status.stages.map(({ stage, state, durationMs, attempts, artifact }) => [
    stage,
    state,
    durationMs === undefined ? '' : `${(durationMs / 1000).toFixed(1)} s`,
    attempts === undefined ? '' : String(attempts),
    artifact === undefined ? '' : `${artifact.kind} ${artifact.digest}`,
  ]);
  return renderTable(['stage', 'state', 'time', 'attempts', 'artifact'], rows);
}

export function jobTable(jobs: readonly SeenJob[]): string {
  const rows = jobs.map(({ name, stage, gpus, node }) => [name, stage, gpus, node ?? 'none']);
  return renderTable(['Job', 'stage', 'nvidia.com/gpu', 'node'], rows);
}

export function digestTable(asJobs: Played, asProcesses: Played): string {
  const others = digestsOf(asProcesses);
  const rows = [...digestsOf(asJobs)].map(([kind, digest]) => {
    const other = others.get(kind) ?? '';
    return [kind, digest.slice(0, digestChars), other.slice(0, digestChars), digest === other ? 'equal' : 'different'];
  });
  return renderTable(['artifact', 'by Jobs', 'by processes', ''], rows);
}

export function hasEqualBytes(asJobs: Played, asProcesses: Played): boolean {
  const others = digestsOf(asProcesses);
  return [...digestsOf(asJobs)].every(([kind, digest]) => others.get(kind) === digest);
}

/** @throws Error where a stage has made nothing */
function digestsOf({ base, status }: Played): ReadonlyMap<string, string> {
  const made = stagesOfEqualBytes.map((name) => {
    const artifact = status.stages.find(({ stage }) => stage === name)?.artifact;
    if (artifact === undefined) throw new Error(`${name} of run ${status.runId} has made no artifact`);
    return artifact;
  });
  return new Map([base, ...made].map(({ kind, digest }) => [kind, digest]));
}
