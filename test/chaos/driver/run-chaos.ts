import { setTimeout as delay } from 'node:timers/promises';

import { Client, Connection } from '@temporalio/client';

import { readState } from '../../../src/stack/state-file.ts';
import type { FiredFault } from '../faults/armed-faults.ts';
import type { Violation } from '../oracle/facts.ts';
import { openMlflowReader } from '../oracle/mlflow-reader.ts';
import { observeRemains, observeStack } from '../oracle/observe-stack.ts';
import type { StackFacts } from '../oracle/observe-stack.ts';
import { openStoreReader } from '../oracle/store-reader.ts';
import type { ChaosCase } from '../plan/plan.ts';
import type { ChaosStack } from '../stack/chaos-stack.ts';
import { startChaosStack } from '../stack/chaos-stack.ts';
import type { JudgedCase } from './judge.ts';
import { judgePlayed } from './judge.ts';
import { persistently } from './persistently.ts';
import { playCase } from './play-case.ts';
import { Striker } from './strikes.ts';
import type { Lane, World } from './world.ts';

export interface ChaosOptions {
  readonly store: 'directory' | 's3';
  /** Models that are worked on at once. */
  readonly lanes: number;
  /** Keep the folder of the stack, to look at. */
  readonly keep: boolean;
  /** Null: no case is left. */
  readonly nextCase: (struck: number) => ChaosCase | null;
  readonly onCase: (judged: JudgedCase, stack: ChaosStack) => Promise<void> | void;
}

export interface ChaosOutcome {
  readonly cases: readonly JudgedCase[];
  readonly fired: readonly FiredFault[];
  readonly violations: readonly Violation[];
}

const settleMs = 60_000;
const settlePollMs = 1_000;

/** Plays cases on a stack of its own until none is left, judges each at its end, and the machine at the end of all. */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const stack = await startChaosStack(options.store);
  let judged: readonly JudgedCase[] = [];
  let left: readonly Violation[] = [];
  const { world, close } = await openWorld(stack);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void giveUp(stack, close));
  try {
    judged = (await Promise.all(lanesOf(options.lanes).map(async (lane) => driveLane(world, lane, options)))).flat();
    left = await judgeStack(stack);
  } finally {
    await close();
    await stack.down({ keep: true });
  }
  const remains = (await observeRemains(stack.home)).map((found) =>
    machineViolation('nothing outlives the stack', found),
  );
  await stack.down(options);
  const violations = [...judged.flatMap((one) => one.violations), ...left, ...remains];
  return { cases: judged, fired: world.striker.fired, violations };
}

/** Nothing of the stack outlives a harness that is told to stop. */
async function giveUp(stack: ChaosStack, close: () => Promise<void>): Promise<never> {
  await close();
  await stack.down({ keep: false });
  process.exit(130);
}

async function openWorld(stack: ChaosStack): Promise<{ readonly world: World; readonly close: () => Promise<void> }> {
  const connection = await Connection.connect({ address: stack.temporalAddress });
  const client = new Client({ connection });
  const { store, mlflow, targets } = stack.platform;
  const reader = { store: openStoreReader(store.uri, stack.storeEnvironment), mlflow: openMlflowReader(mlflow.url) };
  const striker = new Striker(stack, client);
  const world: World = {
    stack,
    client,
    striker,
    witnesses: { client, ...reader, jobsDirectory: stack.home.jobs, startsFile: stack.files.starts },
    targetWitnesses: (target) => ({ client, mlflow: reader.mlflow, replicas: targets[target]?.replicas ?? [] }),
  };
  const close = async (): Promise<void> => {
    await striker.end();
    await connection.close();
  };
  return { world, close };
}

/** Every third model has two replicas. */
function lanesOf(count: number): readonly Lane[] {
  return Array.from({ length: count }, (_, index) => {
    return { model: `chaos-${index + 1}`, target: index % 3 === 2 ? 'twin' : 'solo' };
  });
}

async function driveLane(world: World, lane: Lane, options: ChaosOptions): Promise<readonly JudgedCase[]> {
  const judged: JudgedCase[] = [];
  for (;;) {
    const chaosCase = options.nextCase(world.striker.fired.length);
    if (chaosCase === null) return judged;
    const one = await judgePlayed(world, await playCase(world, lane, chaosCase));
    judged.push(one);
    await options.onCase(one, world.stack);
  }
}

/** Looks until all servers are back and nothing is left over, or the time for it has passed. */
async function judgeStack(stack: ChaosStack): Promise<readonly Violation[]> {
  const giveUpMs = Date.now() + settleMs;
  for (;;) {
    const found = await findingsOf(stack);
    if (found.length === 0 || Date.now() > giveUpMs) return found;
    await delay(settlePollMs);
  }
}

async function findingsOf(stack: ChaosStack): Promise<readonly Violation[]> {
  const state = readState(stack.home.stateFile);
  if (state?.phase !== 'ready') return [machineViolation('every server is ready', state?.phase ?? 'no state')];
  const store = openStoreReader(stack.platform.store.uri, stack.storeEnvironment);
  const facts = await persistently('observe the stack', async () => observeStack(stack.home, store, state));
  return Object.entries(facts).flatMap(([kind, found]: [string, readonly string[]]) =>
    found.map((one) => machineViolation(rules[kind as keyof StackFacts], one)),
  );
}

const rules: Readonly<Record<keyof StackFacts, string>> = {
  strayProcesses: 'no stray process',
  unfinishedFiles: 'no unfinished file in the store',
  unfinishedUploads: 'no unfinished multipart upload',
  jobDrafts: 'no unfinished job directory',
};

function machineViolation(rule: string, found: string): Violation {
  return { case: 'the machine', rule, expected: 'none', found };
}
