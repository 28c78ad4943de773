import { setTimeout as delay } from 'node:timers/promises';

import type { RunStory } from '../oracle/expected-ending.ts';
import type { CaseFacts, Violation } from '../oracle/facts.ts';
import { observeRun } from '../oracle/observe-run.ts';
import { observeTarget } from '../oracle/observe-target.ts';
import { judgeCase } from '../oracle/rules.ts';
import { persistently } from './persistently.ts';
import type { PlayedCase } from './play-case.ts';
import type { World } from './world.ts';

/** A terminated run cannot give its lease back: the target takes it within this. */
const settleMs = 45_000;
const lookAgainMs = 2_000;

export interface JudgedCase extends PlayedCase {
  readonly facts: CaseFacts;
  readonly violations: readonly Violation[];
}

/** Looks until everything is as it must be, or has had the time to become so. */
export async function judgePlayed(world: World, played: PlayedCase): Promise<JudgedCase> {
  const giveUpMs = Date.now() + settleMs;
  for (;;) {
    const facts = await persistently(`observe ${labelOf(played)}`, async () => observe(world, played));
    const violations = judgeCase(labelOf(played), facts, storiesOf(world, played));
    if (violations.length === 0 || Date.now() > giveUpMs) return { ...played, facts, violations };
    await delay(lookAgainMs);
  }
}

export function labelOf({ chaosCase }: Pick<PlayedCase, 'chaosCase'>): string {
  const faults = chaosCase.faults.map(({ kind, when, point, stage }) => `${kind} ${when} ${point} in ${stage}`);
  return `case ${chaosCase.index} (${[chaosCase.scenario, ...faults].join('; ')})`;
}

async function observe({ witnesses, targetWitnesses }: World, played: PlayedCase): Promise<CaseFacts> {
  const { lane, subjects, companions } = played;
  const runs = [...subjects, ...companions].map(async (workflowId) =>
    observeRun(witnesses, { workflowId, model: lane.model }),
  );
  return { runs: await Promise.all(runs), target: await observeTarget(targetWitnesses(lane.target), lane) };
}

/** Outages and dead workers reach every run of the time, whoever they were planned for. */
function storiesOf({ striker }: World, played: PlayedCase): ReadonlyMap<string, RunStory> {
  const { chaosCase, subjects, companions, startedMs, endedMs } = played;
  const during = (kinds: ReadonlySet<string>, beforeMs: number): number =>
    striker.fired.filter(({ kind, atMs }) => kinds.has(kind) && atMs > startedMs - beforeMs && atMs < endedMs).length;
  const sawServingOutage = during(outages, outageMs) > 0;
  const workersLost = during(losses, 0);
  const story = (workflowId: string, scenario: RunStory['scenario']): [string, RunStory] => [
    workflowId,
    { scenario, sawServingOutage, workersLost, struck: striker.firedAt([workflowId]) },
  ];
  return new Map([
    ...subjects.map((workflowId) => story(workflowId, chaosCase.scenario)),
    ...companions.map((workflowId) => story(workflowId, 'plain')),
  ]);
}

const losses: ReadonlySet<string> = new Set(['kill', 'stop', 'zombie', 'kill-workers', 'kill-supervisor', 'kill-tree']);
const outages: ReadonlySet<string> = new Set(['kill-triton', 'kill-tree', 'kill-supervisor']);
/** What an outage lasts at most, with the models that are loaded again. */
const outageMs = 90_000;
