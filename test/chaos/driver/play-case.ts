import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import type { RunStatus } from '../../../src/contracts/run-status.ts';
import { messages, taskQueues, workflowTypes } from '../../../src/contracts/names.ts';
import type { TargetView } from '../../../src/contracts/serving.ts';
import type { FiredFault } from '../faults/armed-faults.ts';
import { armFaults } from '../faults/armed-faults.ts';
import { readEnding } from '../oracle/observe-run.ts';
import { observeTarget } from '../oracle/observe-target.ts';
import type { ArmedFault } from '../plan/fault.ts';
import type { ChaosCase } from '../plan/plan.ts';
import { persistently } from './persistently.ts';
import { behaviourOf, inputOf } from './run-input.ts';
import type { Lane, World } from './world.ts';

const pollMs = 700;
/** A run that takes longer is lost. Servers that are killed a dozen times in minutes, and start slowly under load, keep one waiting for long. */
const endTimeoutMs = 1_200_000;
/** After a zombie woke up: time to try what it was about to do. */
const zombieMs = 4_000;

/** A case with its place and the workflows it consists of. */
export interface PlayedCase {
  readonly chaosCase: ChaosCase;
  readonly lane: Lane;
  /** Workflows whose end is judged by the scenario; those beside them are there to be released. */
  readonly subjects: readonly string[];
  readonly companions: readonly string[];
  readonly startedMs: number;
  readonly endedMs: number;
  readonly fired: readonly FiredFault[];
}

interface Play {
  readonly world: World;
  readonly lane: Lane;
  readonly chaosCase: ChaosCase;
}

/** Arms the faults of a case, starts its workflows, acts as its people, and waits until all have ended. */
export async function playCase(world: World, lane: Lane, chaosCase: ChaosCase): Promise<PlayedCase> {
  const play: Play = { world, lane, chaosCase };
  const startedMs = Date.now();
  const { subjects, companions } = chaosCase.scenario === 'rollback' ? await playRollback(play) : await playRuns(play);
  const followers = await followUp(play, subjects);
  const fired = world.striker.firedAt([...subjects, ...companions, ...followers]);
  const endedMs = Date.now();
  return { chaosCase, lane, subjects, companions: [...companions, ...followers], startedMs, endedMs, fired };
}

type Cast = Pick<PlayedCase, 'subjects' | 'companions'>;

async function playRuns(play: Play): Promise<Cast> {
  const { scenario } = play.chaosCase;
  const subject = nameOf(play, 'run');
  const companions = scenario === 'pair' ? [nameOf(play, 'other')] : [];
  const behaviour = behaviourOf(scenario);
  if (behaviour !== null) writeFileSync(play.world.stack.files.behaviour(subject), JSON.stringify(behaviour));
  arm(play, subject);
  await Promise.all([subject, ...companions].map(async (workflowId) => startRun(play, workflowId)));
  if (scenario === 'approve' || scenario === 'reject') await decide(play, subject);
  await Promise.all([subject, ...companions].map(async (workflowId) => untilEnded(play, workflowId)));
  return { subjects: [subject], companions };
}

/** There must be something to go back to. */
async function playRollback(play: Play): Promise<Cast> {
  const companions: string[] = [];
  while ((await releasedVersions(play)) < 2) {
    const companion = nameOf(play, `before-${companions.length}`);
    companions.push(companion);
    await startRun(play, companion);
    await untilEnded(play, companion);
  }
  const subject = nameOf(play, 'rollback');
  arm(play, subject);
  const { target, model } = play.lane;
  await start(play, {
    type: workflowTypes.rollbackModel,
    workflowId: subject,
    input: { target, model, requester: 'ada' },
  });
  await untilEnded(play, subject);
  return { subjects: [subject], companions };
}

/** The next deployer converges what a terminated one has left; a stopped one wakes up behind it. */
async function followUp(play: Play, subjects: readonly string[]): Promise<readonly string[]> {
  const fired = play.world.striker.firedAt(subjects);
  const zombie = fired.find(({ kind }) => kind === 'zombie');
  if (zombie === undefined && fired.every(({ kind }) => kind !== 'terminate')) return [];
  const follower = nameOf(play, 'next');
  await startRun(play, follower);
  await untilEnded(play, follower);
  if (zombie !== undefined) await awaken(play, zombie);
  return [follower];
}

async function awaken({ world }: Play, zombie: FiredFault): Promise<void> {
  world.striker.wakeZombie(zombie);
  await delay(zombieMs);
}

function nameOf({ chaosCase }: Play, role: string): string {
  return `case-${chaosCase.index}-${role}`;
}

function arm({ world, chaosCase }: Play, workflowId: string): void {
  const faults = chaosCase.faults.map((fault, place): ArmedFault => {
    return { ...fault, id: `${chaosCase.index}.${place}`, workflowId };
  });
  armFaults(world.stack.files, workflowId, faults);
}

async function startRun(play: Play, workflowId: string): Promise<void> {
  await start(play, { type: workflowTypes.llmPipeline, workflowId, input: inputOf(play.lane, play.chaosCase) });
}

interface Start {
  readonly type: string;
  readonly workflowId: string;
  readonly input: object;
}

/** Started once, however often the server is asked. */
async function start({ world }: Play, { type, workflowId, input }: Start): Promise<void> {
  await persistently(`start ${workflowId}`, async () => {
    try {
      await world.client.workflow.start(type, {
        workflowId,
        taskQueue: taskQueues.pipeline,
        args: [input],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      });
    } catch (error) {
      if (!(error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError')) throw error;
    }
  });
}

/** As the release owner; the requester is another. */
async function decide(play: Play, workflowId: string): Promise<void> {
  const handle = play.world.client.workflow.getHandle(workflowId);
  const giveUpMs = Date.now() + endTimeoutMs;
  while (Date.now() < giveUpMs && (await isRunning(play, workflowId))) {
    const status = await persistently('status', async () => handle.query<RunStatus>(messages.status));
    if (status.approval !== null) {
      const decision = { by: 'grace', engineDigest: status.approval.engineDigest };
      const word = play.chaosCase.scenario === 'approve' ? messages.approve : messages.reject;
      await persistently('decide', async () => handle.signal(word, decision));
      return;
    }
    await delay(pollMs);
  }
}

async function untilEnded(play: Play, workflowId: string): Promise<void> {
  const giveUpMs = Date.now() + endTimeoutMs;
  while (Date.now() < giveUpMs && (await isRunning(play, workflowId))) await delay(pollMs);
}

async function isRunning({ world }: Play, workflowId: string): Promise<boolean> {
  const { status } = await persistently('describe', async () => readEnding(world.client, workflowId));
  return status === 'RUNNING';
}

async function releasedVersions({ world, lane }: Play): Promise<number> {
  const { view } = await persistently('view', async () => observeTarget(world.targetWitnesses(lane.target), lane));
  return distinctVersions(view).size;
}

function distinctVersions({ releases }: TargetView): ReadonlySet<number> {
  return new Set(releases.map(({ version }) => version));
}
