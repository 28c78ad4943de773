import { Context } from '@temporalio/activity';

import type { GarbageReport, StoredCount } from '../contracts/garbage.ts';
import { countKinds, countPlan } from './garbage/garbage-counts.ts';
import { planGarbage } from './garbage/garbage-plan.ts';
import type { ReferenceDependencies } from './garbage/references.ts';
import { readReferences } from './garbage/references.ts';
import { sweepGarbage } from './garbage/sweep-garbage.ts';
import { surveyStore } from './garbage/survey-store.ts';

/** What nothing refers to any more in the object store. Both read everything anew. */
export interface GarbageActivities {
  /** Changes nothing. @throws `Unavailable` where Temporal, MLflow or the store cannot be asked */
  findGarbage(request: GarbageRequest): Promise<Pick<GarbageReport, 'garbage' | 'kept'>>;
  /** What was removed. Called again after it died half way, it removes the rest. Safe beside runs. */
  removeGarbage(request: GarbageRequest): Promise<readonly StoredCount[]>;
}

export interface GarbageRequest {
  /** Nothing younger is garbage. */
  readonly olderThanMs: number;
}

export function createGarbageActivities(dependencies: ReferenceDependencies): GarbageActivities {
  const { objects } = dependencies;
  return {
    findGarbage: async ({ olderThanMs }) => {
      const youngFromMs = Date.now() - olderThanMs;
      const survey = await surveyStore(objects);
      return countPlan(planGarbage(survey, await readReferences(dependencies), youngFromMs));
    },
    removeGarbage: async ({ olderThanMs }) => {
      const { cancellationSignal: signal } = Context.current();
      const youngFromMs = Date.now() - olderThanMs;
      return countKinds(await sweepGarbage(dependencies, { youngFromMs, signal }));
    },
  };
}
