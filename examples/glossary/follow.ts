import type { RunStatus, WindlassClient } from 'windlass';

/** Approves without asking a person. */
export interface Approver {
  readonly name: string;
  /** Why nobody is asked, as it is told. */
  readonly why: string;
}

/** What the demo does while a run goes on. */
export interface FollowOptions {
  /** Absent: says how to approve and waits for a person. */
  readonly approver?: Approver;
  readonly temporalUiUrl: string;
  readonly onStage?: (stage: string, state: string) => void;
  /** Called with every state of the run. */
  readonly onStatus?: (status: RunStatus) => void;
}

type Follower = Pick<WindlassClient, 'follow' | 'decide'>;

/** Follows a run to its end, telling each change of a stage on a line of its own. */
export async function followRun(client: Follower, runId: string, options: FollowOptions): Promise<RunStatus> {
  const told = new Map<string, string>();
  let asked = false;
  let last: RunStatus | null = null;
  for await (const status of client.follow(runId)) {
    last = status;
    options.onStatus?.(status);
    tellStages(status, told, options);
    if (status.phase === 'awaiting-approval' && !asked) {
      asked = true;
      await decideOrAsk(client, status, options);
    }
  }
  if (last === null) throw new Error(`run ${runId} told nothing`);
  return last;
}

function tellStages(status: RunStatus, told: Map<string, string>, { onStage }: FollowOptions): void {
  for (const { stage, state, durationMs, note } of status.stages) {
    if (state === 'waiting' || state === 'skipped' || told.get(stage) === state) continue;
    told.set(stage, state);
    onStage?.(stage, state);
    if (state === 'running') continue;
    const time = durationMs === undefined ? '' : `${(durationMs / 1000).toFixed(1)} s`;
    say(`    ${stage.padEnd(13)} ${state.padEnd(7)} ${time.padStart(7)}  ${note ?? ''}`);
  }
}

async function decideOrAsk(client: Follower, status: RunStatus, options: FollowOptions): Promise<void> {
  const { approval, runId } = status;
  if (approval === null) return;
  const { engineDigest } = approval;
  if (options.approver !== undefined) {
    const { name, why } = options.approver;
    await client.decide(runId, { decision: 'approve', by: name, engineDigest });
    return say(`    approved by ${name} (${why})`);
  }
  const decision = JSON.stringify({ decision: 'approve', by: 'you', engineDigest });
  say(`\n    The release waits for you. Three ways to approve:`);
  say(
    `      1. Temporal UI: ${options.temporalUiUrl}/namespaces/default/workflows/${runId} → Update "decide" with ${decision}`,
  );
  say(`      2. CLI:         npx windlass approve ${runId}`);
  say(`      3. service:     signal "approve" with {"by":"ci","engineDigest":"${engineDigest}"}\n`);
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
