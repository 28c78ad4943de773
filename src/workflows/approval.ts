import { condition, log, setHandler } from '@temporalio/workflow';

import type { ApprovalRecord, ApprovalRequest, Decision } from '../contracts/approval.ts';
import type { Digest } from '../contracts/artifact.ts';
import type { ApprovalSpec } from '../contracts/run-spec.ts';
import { decisionProblem } from './approval-rules.ts';
import { failWith } from './failure-of.ts';
import { approveSignal, decideUpdate, rejectSignal } from './messages.ts';
import type { RunState } from './run-state.ts';

const decisionExample = '{"by":"ada","engineDigest":"sha256:…","comment":"reads well"}';

/** Handlers of decisions; they must be there before a run first waits for anything. */
export function listenForDecisions(state: RunState): void {
  const take = (decision: Decision): void => {
    state.change({ decision: { ...decision, at: new Date().toISOString() } });
  };
  const takeSignal = (decision: Decision): void => {
    const problem = decisionProblem(state.status, decision);
    if (problem === null) take(decision);
    else log.warn('a decision was not taken', { problem, by: decision.by });
  };
  setHandler(approveSignal, (word) => takeSignal({ ...word, decision: 'approve' }), {
    description: `Approve the release (services; people rather use the Update "decide"). Example: ${decisionExample}`,
  });
  setHandler(rejectSignal, (word) => takeSignal({ ...word, decision: 'reject' }), {
    description: `Reject the release. Example: ${decisionExample}`,
  });
  setHandler(
    decideUpdate,
    (decision) => {
      take(decision);
      return { accepted: true };
    },
    {
      validator: (decision) => {
        const problem = decisionProblem(state.status, decision);
        if (problem !== null) throw failWith({ name: 'InvalidSpec', message: problem });
      },
      description: `Approve or reject the release; refused where it does not fit. Example: {"decision":"approve","by":"ada","engineDigest":"sha256:…","comment":"reads well"}`,
    },
  );
}

export interface ApprovalOrder {
  readonly spec: ApprovalSpec;
  readonly engineDigest: Digest;
  readonly target: string;
  readonly requester: string;
}

/** Waits for the release owner's word on exactly this engine; a word on another one does not count. Expires to a clear end. */
export async function awaitApproval(state: RunState, order: ApprovalOrder): Promise<ApprovalRecord> {
  const expiresAtMs = Date.now() + order.spec.expiresSeconds * 1000;
  const request: ApprovalRequest = {
    engineDigest: order.engineDigest,
    target: order.target,
    requester: order.requester,
    fourEyes: order.spec.fourEyes,
    expiresAt: new Date(expiresAtMs).toISOString(),
  };
  state.change({ phase: 'awaiting-approval', approval: request, decision: null });
  const decided = await condition(() => state.status.decision !== null, order.spec.expiresSeconds * 1000);
  state.change({ approval: null, phase: 'running' });
  return recordOf(state, decided, request);
}

function recordOf(state: RunState, decided: boolean, request: ApprovalRequest): ApprovalRecord {
  const { decision } = state.status;
  if (!decided || decision === null) {
    throw failWith({ name: 'ApprovalExpired', message: `nobody decided until ${request.expiresAt}` });
  }
  if (decision.decision === 'approve') return decision;
  const comment = decision.comment === undefined || decision.comment === '' ? '' : `: ${decision.comment}`;
  throw failWith({ name: 'RunRejected', message: `${decision.by} rejected the release${comment}` });
}
