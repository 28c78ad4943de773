import type { SpecChange } from '../contracts/repair.ts';
import type { RunStatus } from '../contracts/run-status.ts';
import type { JobStageName } from '../contracts/stage.ts';
import { settledField } from '../contracts/spec-readers.ts';

/** Why a repair does not fit the run now, in words for the one who sent it; null: it fits. Sees unchecked JSON. */
export function repairProblem(status: RunStatus, order: unknown): string | null {
  const { attention, runId, phase } = status;
  if (attention === null) return `run ${runId} does not wait for a repair; it is ${phase}`;
  if (!isRecord(order)) return `found ${JSON.stringify(order)}; expected an object such as ${repairExample}`;
  const { stage, by, set = {}, comment } = order;
  if (stage !== attention.stage) {
    return `stage: found ${JSON.stringify(stage)}; the stage that waits for a repair is ${attention.stage}. To begin elsewhere: windlass fork ${runId} --from <stage>`;
  }
  if (typeof by !== 'string' || by.trim() === '') return 'by: the name of the one who repairs is missing';
  if (comment !== undefined && typeof comment !== 'string') {
    return `comment: found ${JSON.stringify(comment)}; expected a text`;
  }
  return isRecord(set) ? changeProblem(runId, attention.stage, set as SpecChange) : setProblem(set);
}

export const repairExample = '{"stage":"train","by":"ada","set":{"train.learningRate":0.0001},"comment":"it diverged"}';

function changeProblem(runId: string, stage: JobStageName, set: SpecChange): string | null {
  const settled = settledField(set, stage);
  if (settled === null) return null;
  const { path, reader } = settled;
  return reader === null
    ? `set: ${path} is fixed when a run starts; start a new run to change it`
    : `set: ${path} belongs to ${reader}, which ${stage} stands on. To change it: windlass fork ${runId} --from ${reader} --set ${path}=<value>`;
}

function setProblem(set: unknown): string {
  return `set: found ${JSON.stringify(set)}; expected fields by their paths, such as {"train.learningRate":0.0001}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
