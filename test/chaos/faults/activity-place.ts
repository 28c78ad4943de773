import { AsyncLocalStorage } from 'node:async_hooks';

import { activityInfo } from '@temporalio/activity';

import { isStageName } from '../../../src/contracts/names.ts';
import type { FaultStage } from '../plan/fault.ts';

/** The run and the stage that an activity works for. */
export interface Place {
  readonly workflowId: string;
  readonly stage: FaultStage;
}

const stages = new AsyncLocalStorage<Place>();

export function currentPlace(): Place | null {
  return stages.getStore() ?? null;
}

type Activity = (...args: unknown[]) => Promise<unknown>;

/** The same activities; what runs inside one knows its place. */
export function withPlaces(activities: object): object {
  const named = Object.entries(activities).map(([name, activity]: [string, Activity]) => {
    const placed: Activity = async (...args) => {
      const workflowId = activityInfo().workflowExecution?.workflowId ?? '';
      return stages.run({ workflowId, stage: stageOf(name, args[0]) }, async () => activity(...args));
    };
    return [name, placed] as const;
  });
  return Object.fromEntries(named);
}

/** Activities whose name tells the stage; the others are asked about a stage or a job, or belong to the deployment. */
const stageByName: Readonly<Record<string, FaultStage>> = {
  resolveRun: 'resolve',
  openTrackingRun: 'resolve',
  allocateVersion: 'train',
  viewTarget: 'evaluate',
  tagVersion: 'evaluate',
  smokeTest: 'smoke-test',
  closeTrackingRun: 'finish',
};

export function stageOf(activity: string, request: unknown): FaultStage {
  return stageByName[activity] ?? stageIn(request) ?? 'deploy';
}

/** `{ stage }` of a stage's request, or `{ name }` of its job: `build-engine-<key>-<run>-<attempt>`. */
function stageIn(request: unknown): FaultStage | null {
  const { stage, name } = (request ?? {}) as { readonly stage?: unknown; readonly name?: unknown };
  const stageOfJob = /^(?<stage>[a-z]+(?:-[a-z]+)?)-[0-9a-f]{16}-/u.exec(String(name))?.groups?.['stage'];
  const found = typeof stage === 'string' ? stage : (stageOfJob ?? '');
  return isStageName(found) ? found : null;
}
