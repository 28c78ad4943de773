import { condition, log, setHandler } from '@temporalio/workflow';

import type { ApprovalRecord, ApprovalRequest, Decision } from '../contracts/approval.ts';
import type { Digest } from '../contracts/artifact.ts';
import type { ApprovalSpec } from '../contracts/run-spec.ts';
import { decisionProblem } from './approval-rules.ts';
import { failWith } from './failure-of.ts';
import { approveSignal, decideUpdate, rejectSignal } from './messages.ts';
import type { RunState } from './run-state.ts';

const decisionExample = '{"by":"ada","engineDigest":"sha256:…","comment":"reads well"}';

export interface ApprovalOrder {
  readonly spec: ApprovalSpec;
  readonly engineDigest: Digest;
  readonly target: string;
  readonly requester: string;
}

/** Where decisions about a release arrive. */
export interface ApprovalDesk {
  /** Waits for the release owner's word on exactly this engine; a word on another one does not count. Expires to a clear end. */
  awaitApproval(order: ApprovalOrder): Promise<ApprovalRecord>;
}

/** A decision that came when none was awaited. */
interface EarlyDecision {
  readonly decision: Decision;
  readonly atMs: number;
}

/** Handlers of decisions; they must be there before a run first waits for anything. */
export function openApprovalDesk(state: RunState): ApprovalDesk {
  let early: EarlyDecision | null = null;
  const take = (decision: Decision): void => {
    state.change({ decision: { ...decision, at: new Date().toISOString() } });
  };
  const takeSignal = (decision: Decision): void => {
    const problem = decisionProblem(state.status, decision);
    if (problem === null) return take(decision);
    if (state.status.approval === null) early = { decision, atMs: Date.now() };
    log.warn('a decision does not fit now', { problem, by: decision.by });
  };
  /*
   * A query is answered by a worker that goes through what has happened, and may be further than the history says: a worker is lost, and what made the
   * run wait stands in its next workflow task, together with the decision of somebody who has seen it wait. There signals come first. One moment
   * is one workflow task: a decision of any earlier one was sent by somebody who could not know what is decided.
   */
  const takeEarly = (): void => {
    if (early?.atMs !== Date.now() || decisionProblem(state.status, early.decision) !== null) return;
    log.info('the decision that came with what is decided counts', { by: early.decision.by });
    take(early.decision);
  };
  listen(state, take, takeSignal);
  return {
    awaitApproval: async ({ spec, ...asked }) => {
      const expiresAt = new Date(Date.now() + spec.expiresSeconds * 1000).toISOString();
      const request: ApprovalRequest = { ...asked, fourEyes: spec.fourEyes, expiresAt };
      state.change({ phase: 'awaiting-approval', approval: request, decision: null });
      takeEarly();
      const decided = await condition(() => state.status.decision !== null, spec.expiresSeconds * 1000);
      state.change({ approval: null, phase: 'running' });
      return recordOf(state, decided, request);
    },
  };
}

function listen(state: RunState, take: (decision: Decision) => void, takeSignal: (decision: Decision) => void): void {
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

function recordOf(state: RunState, decided: boolean, request: ApprovalRequest): ApprovalRecord {
  const { decision } = state.status;
  if (!decided || decision === null) {
    throw failWith({ name: 'ApprovalExpired', message: `nobody decided until ${request.expiresAt}` });
  }
  if (decision.decision === 'approve') return decision;
  const comment = decision.comment === undefined || decision.comment === '' ? '' : `: ${decision.comment}`;
  throw failWith({ name: 'RunRejected', message: `${decision.by} rejected the release${comment}` });
}
