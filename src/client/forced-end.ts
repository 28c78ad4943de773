import type { WorkflowExecutionStatusName } from '@temporalio/client';

import type { RunStatus, StageStatus } from '../contracts/run-status.ts';
import { isEnded } from '../contracts/run-status.ts';

/** The status of a run that was ended by force: the last that it could say of itself is that it goes on. */
export function withForcedEnd(status: RunStatus, execution: WorkflowExecutionStatusName): RunStatus {
  const wasForced = execution === 'TERMINATED' || execution === 'TIMED_OUT';
  if (!wasForced || isEnded(status)) return status;
  return { ...status, phase: 'terminated', stages: status.stages.map(ended), attention: null, approval: null };
}

function ended(stage: StageStatus): StageStatus {
  return stage.state === 'running' ? { ...stage, state: 'failed', note: 'the run was terminated' } : stage;
}
