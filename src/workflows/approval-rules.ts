import type { RunStatus } from '../contracts/run-status.ts';

/** Why a decision does not fit the run now, in words for the one who sent it; null: it fits. Sees unchecked JSON. */
export function decisionProblem(status: RunStatus, decision: unknown): string | null {
  const { approval } = status;
  if (approval === null) return `run ${status.runId} is not waiting for a decision; it is ${status.phase}`;
  if (status.decision !== null) return `${status.decision.by} has already decided: ${status.decision.decision}`;
  if (!isRecord(decision)) return 'the decision must be an object such as {"decision":"approve","by":"ada","engineDigest":"sha256:…"}';
  const { by, engineDigest } = decision;
  const word = decision['decision'];
  if (word !== 'approve' && word !== 'reject') return `decision: found ${JSON.stringify(word)}; expected "approve" or "reject"`;
  if (typeof by !== 'string' || by.trim() === '') return 'by: the name of the one who decides is missing';
  if (engineDigest !== approval.engineDigest) {
    return `engineDigest: found ${JSON.stringify(engineDigest)}; the engine under decision is ${approval.engineDigest}`;
  }
  if (approval.fourEyes && by === approval.requester) return `by: ${by} requested the run; this target wants another person's decision`;
  return null;
}

function isRecord(value: unknown): value is Readonly<Record<'by' | 'engineDigest' | 'decision', unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
