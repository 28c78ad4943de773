import { randomUUID } from 'node:crypto';

import { createTargetActivities } from '../../src/activities/target-activities.ts';
import { messages, targetWorkflowId } from '../../src/contracts/names.ts';
import type { Lease, LeaseHolder, LeaseReturn, TargetModel, TargetView } from '../../src/contracts/serving.ts';
import type { ReleaseDraft, TargetGate } from '../../src/ports/target-gate.ts';
import type { WorkflowExecutions } from '../../src/ports/workflow-executions.ts';
import { createTargetGate } from '../../src/workers/target-gate.ts';
import { createWorkflowExecutions } from '../../src/workers/workflow-executions.ts';
import { createFakeRegistry } from '../fakes/fake-tracking.ts';
import type { FakeWorld, Faults } from '../fakes/fake-world.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import { releaseOf } from '../fakes/releases.ts';
import type { WorkflowLab } from './workflow-lab.ts';

/** A fake world whose targets are the real entity workflow, behind the real gate. Holders that a test made up are always open. */
export function worldWithTargets(lab: WorkflowLab, faults: Faults = {}): FakeWorld {
  const world = createFakeWorld(faults);
  const known = createWorkflowExecutions(lab.environment.client);
  const isOpen: WorkflowExecutions['isOpen'] = async (holder) => holder.runId === madeUpRun || known.isOpen(holder);
  const targets = createTargetActivities({ gate: gateOf(lab), executions: { isOpen }, registry: createFakeRegistry() });
  return { ...world, activities: { ...world.activities, ...targets } };
}

const madeUpRun = 'made-up';

export function gateOf(lab: WorkflowLab): TargetGate {
  return createTargetGate(lab.environment.client);
}

/** A target that no other test uses. */
export function newTarget(): TargetModel {
  return { target: 'production', model: `glossary-${randomUUID().slice(0, 8)}` };
}

export function holderNamed(name: string): LeaseHolder {
  return { workflowId: name, runId: madeUpRun };
}

export function settled(holder: LeaseHolder): LeaseReturn {
  return { holder, settled: true };
}

export function draftOf(version: number, runId: string): ReleaseDraft {
  const { sequence: _sequence, at: _at, ...draft } = releaseOf(version, 1);
  return { ...draft, runId };
}

/** Sends a person's Update to a target that somebody has used before. */
export async function sendToTarget(
  lab: WorkflowLab,
  target: TargetModel,
  [name, argument]: readonly [keyof typeof messages, object],
): Promise<void> {
  const handle = lab.environment.client.workflow.getHandle(targetWorkflowId(target.target, target.model));
  await handle.executeUpdate(messages[name], { args: [argument] });
}

/** Asks for the lease and returns once the holder has its place in the queue; `lease` comes when it is granted. */
export async function queueUp(
  gate: TargetGate,
  target: TargetModel,
  holder: LeaseHolder,
): Promise<{ readonly lease: Promise<Lease> }> {
  const lease = gate.acquire(target, holder);
  lease.catch(() => undefined);
  await untilView(gate, target, ({ queue, lease: held }) =>
    [...queue, ...(held === null ? [] : [held.holder])].some(({ workflowId }) => workflowId === holder.workflowId),
  );
  return { lease };
}

export async function untilView(
  gate: TargetGate,
  target: TargetModel,
  isSeen: (view: TargetView) => boolean,
): Promise<TargetView> {
  for (;;) {
    const view = await gate.view(target);
    if (isSeen(view)) return view;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
