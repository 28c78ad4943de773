import type { Keeper } from '../../contracts/garbage.ts';
import { parseTargetWorkflowId, workflowTypes } from '../../contracts/names.ts';
import type { TargetModel } from '../../contracts/serving.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { TargetGate } from '../../ports/target-gate.ts';
import type { ModelRegistry } from '../../ports/tracking.ts';
import type { WorkflowExecutions } from '../../ports/workflow-executions.ts';
import type { References } from './garbage-plan.ts';
import { readBaseModels } from './survey-store.ts';

export interface ReferenceDependencies {
  readonly objects: ObjectStore;
  readonly executions: Pick<WorkflowExecutions, 'list'>;
  readonly gate: Pick<TargetGate, 'view'>;
  readonly registry: Pick<ModelRegistry, 'listVersions'>;
}

/** Everything that may still need something of the store. What cannot be asked fails: nothing is garbage for want of an answer. */
export async function readReferences(dependencies: ReferenceDependencies): Promise<References> {
  const { runs, targets } = await knownExecutions(dependencies.executions);
  const names = new Map<string, Keeper>();
  for (const { uri, digest } of await readBaseModels(dependencies.objects))
    addNames(names, 'base-model', [uri, digest]);
  for await (const { tags } of dependencies.registry.listVersions()) {
    addNames(names, 'registered-version', Object.values(tags));
  }
  for (const target of targets) {
    const { releases } = await dependencies.gate.view(target);
    for (const { engine } of releases) addNames(names, 'release', [engine.uri, engine.digest]);
  }
  return { runs, names };
}

interface Known {
  readonly runs: ReadonlyMap<string, boolean>;
  readonly targets: readonly TargetModel[];
}

async function knownExecutions(executions: Pick<WorkflowExecutions, 'list'>): Promise<Known> {
  const runs = new Map<string, boolean>();
  const targets: TargetModel[] = [];
  for await (const { workflowId, type, isOpen } of executions.list()) {
    runs.set(workflowId, isOpen || runs.get(workflowId) === true);
    const target = type === workflowTypes.servingTarget && isOpen ? parseTargetWorkflowId(workflowId) : null;
    if (target !== null) targets.push(target);
  }
  return { runs, targets };
}

/** Uris and digests name artifacts; other values among them name nothing. */
function addNames(names: Map<string, Keeper>, keeper: Keeper, values: readonly string[]): void {
  for (const value of values) names.set(value, keeper);
}
