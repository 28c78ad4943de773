import { baseModel, fineTuning, model, question, target } from '../../../examples/glossary/fine-tuning.ts';
import { followRun, say } from '../../../examples/glossary/follow.ts';
import type { ArtifactRef } from '../../../src/contracts/artifact.ts';
import type { RunStatus } from '../../../src/contracts/run-status.ts';
import type { StackUnderTest } from '../../integration/stack-under-test.ts';
import { elapsed } from './chapter.ts';

/** The demo's fine-tuning run, live on its target. */
export interface Played {
  readonly base: ArtifactRef;
  readonly status: RunStatus;
}

const approver = { name: 'demo', why: 'nobody is asked here' };

/** @throws Error where the run does not go live or its engine does not answer */
export async function playRun(stack: StackUnderTest): Promise<Played> {
  const { client, state } = stack;
  say(`    stack is up (${elapsed()})`);
  const base = await client.importModel(baseModel);
  say(`    base model ${baseModel.name} is imported (${elapsed()})`);
  const { runId } = await client.start(fineTuning);
  const follow = followRun(client, runId, {
    approver,
    temporalUiUrl: state.endpoints.temporalUiUrl,
    onStatus: tellingProgress(),
  });
  // A run that waits for a repair is followed for a week: waiting for it ends at once.
  const [status] = await Promise.all([follow, client.wait(runId)]).catch(async (error: unknown) => {
    throw await explained(stack, runId, error);
  });
  await askLive(stack);
  return { base, status };
}

const tellEveryMs = 15_000;

/** What the running stage does now: at once when it begins, then now and then. */
function tellingProgress(): (status: RunStatus) => void {
  let told = { stage: '', atMs: 0 };
  return ({ stages }) => {
    const running = stages.find(({ state }) => state === 'running');
    if (running === undefined) return;
    const isNew = running.stage !== told.stage;
    if (!isNew && performance.now() - told.atMs < tellEveryMs) return;
    told = { stage: running.stage, atMs: performance.now() };
    say(`    ${running.stage.padEnd(13)} running          ${running.note ?? ''}`.trimEnd());
  };
}

async function explained({ client }: StackUnderTest, runId: string, cause: unknown): Promise<Error> {
  const { attention } = await client.status(runId);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error([reason, attention?.logTail ?? ''].join('\n'), { cause });
}

/** Of Triton, as users do. */
async function askLive(stack: StackUnderTest): Promise<void> {
  say(`    > ${question}`);
  const { exitCode, stdout, stderr } = await stack.windlass('ask', '--target', target, '--model', model, question);
  if (exitCode !== 0) throw new Error(`the engine does not answer: ${stderr}`);
  say(`    ${stdout.trim()}`);
}
