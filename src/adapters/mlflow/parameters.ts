import { z } from 'zod';
import type { MlflowRest } from './rest.ts';
import { emptyAnswer } from './rest.ts';
import { inBatches } from './tags.ts';
import { mlflowErrorCode } from './to-adapter-error.ts';

const maxValueChars = 6000;
/** How MLflow refuses what another writer has added meanwhile: it sees so itself, or its database does. */
const lostRaceCodes: ReadonlySet<string | undefined> = new Set(['INVALID_PARAMETER_VALUE', 'BAD_REQUEST']);
/** More in one request are refused. */
const batchSize = 100;

const parametersSchema = z.object({
  run: z.object({ data: z.object({ params: z.array(z.object({ key: z.string() })).default([]) }) }),
});

/** Adds the parameters that the run does not have yet: MLflow refuses a whole batch for one that would change, and the first stays. */
export async function addParameters(
  rest: MlflowRest,
  trackingRunId: string,
  parameters: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    await sendMissing(rest, trackingRunId, parameters);
  } catch (error) {
    if (!lostRaceCodes.has(mlflowErrorCode(error))) throw error;
    await sendMissing(rest, trackingRunId, parameters);
  }
}

/** Another writer may add the same name between the look and the sending; then the second look sees it. */
async function sendMissing(
  rest: MlflowRest,
  trackingRunId: string,
  parameters: Readonly<Record<string, string>>,
): Promise<void> {
  const known = await readNames(rest, trackingRunId);
  const missing = Object.entries(parameters)
    .filter(([key]) => !known.has(key))
    .map(([key, value]) => ({ key, value: value.slice(0, maxValueChars) }));
  for (const params of inBatches(missing, batchSize)) {
    await rest({
      method: 'POST',
      path: 'runs/log-batch',
      body: { run_id: trackingRunId, params },
      answer: emptyAnswer,
    });
  }
}

async function readNames(rest: MlflowRest, trackingRunId: string): Promise<ReadonlySet<string>> {
  const query = { run_id: trackingRunId };
  const { run } = await rest({ method: 'GET', path: 'runs/get', query, answer: parametersSchema });
  return new Set(run.data.params.map((parameter) => parameter.key));
}
