import { z } from 'zod';
import type { MlflowRest } from './rest.ts';
import { emptyAnswer } from './rest.ts';
import { mlflowErrorCode } from './to-adapter-error.ts';

const createdSchema = z.object({ experiment_id: z.string() });
const foundSchema = z.object({
  experiment: z.object({ experiment_id: z.string(), lifecycle_stage: z.enum(['active', 'deleted']) }),
});

/** Id of the experiment of this name, created or restored where needed. */
export async function ensureExperiment(rest: MlflowRest, name: string): Promise<string> {
  return (await findExperiment(rest, name)) ?? (await createExperiment(rest, name));
}

async function findExperiment(rest: MlflowRest, name: string): Promise<string | null> {
  const experiment = await getByName(rest, name);
  if (experiment?.lifecycle_stage === 'deleted') {
    const body = { experiment_id: experiment.experiment_id };
    await rest({ method: 'POST', path: 'experiments/restore', body, answer: emptyAnswer });
  }
  return experiment?.experiment_id ?? null;
}

async function getByName(rest: MlflowRest, name: string): Promise<z.infer<typeof foundSchema>['experiment'] | null> {
  try {
    const query = { experiment_name: name };
    return (await rest({ method: 'GET', path: 'experiments/get-by-name', query, answer: foundSchema })).experiment;
  } catch (error) {
    if (mlflowErrorCode(error) === 'RESOURCE_DOES_NOT_EXIST') return null;
    throw error;
  }
}

async function createExperiment(rest: MlflowRest, name: string): Promise<string> {
  try {
    const created = await rest({ method: 'POST', path: 'experiments/create', body: { name }, answer: createdSchema });
    return created.experiment_id;
  } catch (error) {
    if (mlflowErrorCode(error) !== 'RESOURCE_ALREADY_EXISTS') throw error;
    const madeByAnother = await findExperiment(rest, name);
    if (madeByAnother === null) throw error;
    return madeByAnother;
  }
}
