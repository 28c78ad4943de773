import type { StageStatus } from '../../../src/contracts/run-status.ts';
import type { Release } from '../../../src/contracts/serving.ts';
import { allowedEndings, wordOf } from './expected-ending.ts';
import type { RunStory } from './expected-ending.ts';
import type { CaseFacts, JobStart, ReplicaFacts, RunFacts, TargetFacts, Violation } from './facts.ts';

/** A rule's finding before it has the name of its case. */
type Finding = Omit<Violation, 'case'>;

/** The oracle: a pure function of what is seen from outside. */
export function judgeCase(name: string, facts: CaseFacts, stories: ReadonlyMap<string, RunStory>): Violation[] {
  const findings = [
    ...facts.runs.flatMap((run) => judgeRun(run, stories.get(run.workflowId))),
    ...facts.runs.flatMap((run) => judgeLogEntry(run, facts.target.view.releases)),
    ...judgeTarget(facts.target),
  ];
  return findings.map((found) => ({ case: name, ...found }));
}

function judgeRun(run: RunFacts, story: RunStory | undefined): Finding[] {
  const isOver = run.ending.status !== 'TERMINATED';
  return [
    ...(story === undefined ? [] : judgeEnding(run, story)),
    ...judgeStarts(run),
    ...judgeVersions(run),
    ...(isOver ? judgeTracking(run) : []),
    ...none(run, 'artifacts complete and digest-true', run.artifactProblems),
    ...(isOver ? none(run, 'no process or scratch of its jobs', run.leftovers) : []),
  ];
}

function judgeEnding({ workflowId, ending }: RunFacts, story: RunStory): Finding[] {
  const allowed = allowedEndings(story);
  const message = ending.failure === null ? '' : `: ${ending.failure.message.slice(0, 300)}`;
  if (allowed.includes(wordOf(ending))) return [];
  return [finding(`${workflowId} ends as it must`, allowed.join(' or '), `${wordOf(ending)}${message}`)];
}

/** Exactly one job for each attempt of a stage; a stage that is done has one. */
function judgeStarts({ workflowId, status, starts, ending }: RunFacts): Finding[] {
  const twice = [...countBy(starts, ({ output }) => output)].filter(([, count]) => count > 1);
  const doubled = twice.map(([output, count]) =>
    finding(`${workflowId}: one job for each stage and attempt`, `one start for ${output}`, `${count} starts`),
  );
  if (ending.status === 'TERMINATED') return doubled;
  return [...doubled, ...(status?.stages ?? []).flatMap((stage) => judgeAttempts(workflowId, stage, starts))];
}

function judgeAttempts(
  workflowId: string,
  { stage, state, attempts }: StageStatus,
  starts: readonly JobStart[],
): Finding[] {
  if (state !== 'done' || attempts === undefined) return [];
  const started = new Set(starts.filter((start) => start.stage === stage).map(({ output }) => output)).size;
  if (started >= 1 && started <= attempts) return [];
  return [finding(`${workflowId}: one job for each attempt of ${stage}`, `1 to ${attempts} jobs`, `${started} jobs`)];
}

function judgeVersions({ workflowId, status, versions }: RunFacts): Finding[] {
  const allocated = status?.version ?? null;
  const found = versions.join(', ') || 'none';
  if (allocated === null)
    return versions.length <= 1 ? [] : [finding(`${workflowId} has one model version`, 'one at most', found)];
  return same(`${workflowId} has one model version`, String(allocated), found);
}

const trackingStatus: Readonly<Record<string, string>> = {
  COMPLETED: 'FINISHED',
  FAILED: 'FAILED',
  CANCELLED: 'KILLED',
};

/** A run that ended before it was resolved has no tracking run, or one that it did not come to know. */
function judgeTracking({ workflowId, trackingStatuses, status, ending }: RunFacts): Finding[] {
  const expected = trackingStatus[ending.status];
  if (expected === undefined || status?.links['MLflow'] === undefined) return [];
  if (trackingStatuses.length === 1 && trackingStatuses[0] === expected) return [];
  return [finding(`${workflowId} has one closed tracking run`, expected, trackingStatuses.join(', ') || 'none')];
}

/** The log names a run exactly when it was released. */
function judgeLogEntry({ workflowId, ending }: RunFacts, releases: readonly Release[]): Finding[] {
  const entries = releases.filter(({ runId }) => runId === workflowId).length;
  if (ending.status === 'TERMINATED' && entries <= 1) return [];
  const expected = ending.status === 'COMPLETED' ? 1 : 0;
  if (entries === expected) return [];
  return [finding(`${workflowId} in the release log`, `${expected} entries`, `${entries} entries`)];
}

function judgeTarget(target: TargetFacts): Finding[] {
  const { view, replicas, aliases } = target;
  const live = view.releases.at(-1) ?? null;
  const previous = view.releases.findLast(({ version }) => version !== live?.version)?.version ?? null;
  return [
    ...same('the lease is free', 'free', view.lease === null ? 'free' : `held by ${view.lease.holder.workflowId}`),
    ...same('nobody waits in the queue', 'none', view.queue.map(({ workflowId }) => workflowId).join(', ') || 'none'),
    ...same('releases are numbered without a gap', numbered(view.releases), sequences(view.releases)),
    ...same('alias champion', String(live?.version ?? null), String(aliases.champion)),
    ...same('alias previous', String(previous), String(aliases.previous)),
    ...replicas.flatMap((replica) => judgeReplica(replica, live, view.releases)),
  ];
}

function judgeReplica(replica: ReplicaFacts, live: Release | null, releases: readonly Release[]): Finding[] {
  const on = (rule: string): string => `${rule} on replica ${replica.name}`;
  return [
    ...same(on('ready versions are those of the log'), listed(live?.resident ?? []), listed(replica.ready)),
    ...same(on('no candidate is left'), 'none', replica.candidates.join(', ') || 'none'),
    ...same(on('published versions are those that are kept'), listed(kept(live, releases)), listed(replica.published)),
    ...same(on('no stray file'), 'none', replica.strayFiles.join(', ') || 'none'),
    ...same(on('users reach the live version'), String(live?.version ?? null), String(replica.answering)),
  ];
}

/** The live version and as many distinct ones before it as its release says. */
function kept(live: Release | null, releases: readonly Release[]): number[] {
  if (live === null) return [];
  const distinct = [...new Set(releases.toReversed().map(({ version }) => version))];
  return distinct.slice(0, live.keepVersions + 1).toSorted((one, other) => one - other);
}

function numbered(releases: readonly Release[]): string {
  const first = releases[0]?.sequence ?? 1;
  return releases.map((_, index) => first + index).join(', ');
}

function sequences(releases: readonly Release[]): string {
  return releases.map(({ sequence }) => sequence).join(', ');
}

function none({ workflowId }: RunFacts, rule: string, problems: readonly string[]): Finding[] {
  return problems.map((problem) => finding(`${workflowId}: ${rule}`, 'none', problem));
}

function same(rule: string, expected: string, found: string): Finding[] {
  return expected === found ? [] : [finding(rule, expected, found)];
}

function finding(rule: string, expected: string, found: string): Finding {
  return { rule, expected, found };
}

function listed(versions: readonly number[]): string {
  return versions.join(', ') || 'none';
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
