import type { ApprovalRequest } from '../contracts/approval.ts';
import type { RunStatus } from '../contracts/run-status.ts';

/** Why a decision does not fit the run now, in words for the one who sent it; null: it fits. Sees unchecked JSON. */
export function decisionProblem(status: RunStatus, decision: unknown): string | null {
  const { approval } = status;
  if (approval === null) return `run ${status.runId} is not waiting for a decision; it is ${status.phase}`;
  if (status.decision !== null) return `${status.decision.by} has already decided: ${status.decision.decision}`;
  if (!isRecord(decision)) return `found ${JSON.stringify(decision)}; expected an object such as ${example}`;
  return wordProblem(decision['decision']) ?? ownerProblem(decision, approval);
}

const example = '{"decision":"approve","by":"ada","engineDigest":"sha256:…"}';

function wordProblem(word: unknown): string | null {
  if (word === 'approve' || word === 'reject') return null;
  return `decision: found ${JSON.stringify(word)}; expected "approve" or "reject"`;
}

function ownerProblem({ by, engineDigest }: Sent, approval: ApprovalRequest): string | null {
  if (typeof by !== 'string' || by.trim() === '') return 'by: the name of the one who decides is missing';
  if (engineDigest !== approval.engineDigest) {
    return `engineDigest: found ${JSON.stringify(engineDigest)}; the engine under decision is ${approval.engineDigest}`;
  }
  if (!approval.fourEyes || by !== approval.requester) return null;
  return `by: ${by} requested the run; this target wants another person's decision`;
}

type Sent = Readonly<Record<'by' | 'engineDigest' | 'decision', unknown>>;

function isRecord(value: unknown): value is Sent {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
