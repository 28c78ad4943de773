import { defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributeUpdatePair } from '@temporalio/common';

import { searchAttributes } from '../contracts/names.ts';
import type { RunStatus } from '../contracts/run-status.ts';

const keys = {
  model: defineSearchAttributeKey(searchAttributes.model, 'KEYWORD'),
  version: defineSearchAttributeKey(searchAttributes.version, 'INT'),
  phase: defineSearchAttributeKey(searchAttributes.phase, 'KEYWORD'),
  stage: defineSearchAttributeKey(searchAttributes.stage, 'KEYWORD'),
  target: defineSearchAttributeKey(searchAttributes.target, 'KEYWORD'),
  approval: defineSearchAttributeKey(searchAttributes.approval, 'KEYWORD'),
  requester: defineSearchAttributeKey(searchAttributes.requester, 'KEYWORD'),
};

/** The search attributes of a run's status; a pure function, so that equal states give equal attributes. */
export function searchAttributesOf(status: RunStatus): SearchAttributeUpdatePair[] {
  return [
    { key: keys.model, value: status.model },
    { key: keys.version, value: status.version },
    { key: keys.phase, value: status.phase },
    { key: keys.stage, value: stageOf(status) },
    { key: keys.target, value: status.target },
    { key: keys.approval, value: approvalOf(status) },
    { key: keys.requester, value: status.requester },
  ];
}

/** Between two stages it is the one that has ended: an event of its own for a moment nobody sees would be waste. */
function stageOf({ phase, stages }: RunStatus): string {
  const current = stages.find(({ state }) => state === 'running' || state === 'failed');
  const last = stages.findLast(({ state }) => state === 'done' || state === 'reused');
  return current?.stage ?? (phase === 'running' ? last?.stage : undefined) ?? phase;
}

function approvalOf(status: RunStatus): string {
  if (status.decision !== null) return status.decision.decision === 'approve' ? 'approved' : 'rejected';
  return status.phase === 'awaiting-approval' ? 'waiting' : 'none';
}
