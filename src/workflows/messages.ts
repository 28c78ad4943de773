import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

import type { Decision } from '../contracts/approval.ts';
import { messages } from '../contracts/names.ts';
import type { RepairOrder, RepairRecord } from '../contracts/repair.ts';
import type { RunStatus } from '../contracts/run-status.ts';
import type {
  CommittedRelease,
  Lease,
  LeaseHolder,
  LeaseReturn,
  RollbackGoal,
  TargetView,
} from '../contracts/serving.ts';
import type { ReleaseDraft } from '../ports/target-gate.ts';

export const approveSignal = defineSignal<[Omit<Decision, 'decision'>]>(messages.approve);
export const rejectSignal = defineSignal<[Omit<Decision, 'decision'>]>(messages.reject);
export const decideUpdate = defineUpdate<{ accepted: true }, [Decision]>(messages.decide);
export const retryUpdate = defineUpdate<RepairRecord, [RepairOrder]>(messages.retry);
export const acceptedUpdate = defineUpdate<RunStatus>(messages.accepted);
export const statusQuery = defineQuery<RunStatus>(messages.status);

/** Null: the holder has its place in the queue and looks for its lease in the view. */
export const acquireUpdate = defineUpdate<Lease | null, [LeaseHolder]>(messages.acquire);
export const releaseUpdate = defineUpdate<void, [LeaseReturn]>(messages.release);
export const commitUpdate = defineUpdate<CommittedRelease, [{ readonly lease: Lease; readonly release: ReleaseDraft }]>(
  messages.commit,
);
export const freezeUpdate = defineUpdate<TargetView, [{ readonly by: string; readonly reason: string }]>(
  messages.freeze,
);
export const unfreezeUpdate = defineUpdate<TargetView, [{ readonly by: string }]>(messages.unfreeze);
export const viewQuery = defineQuery<TargetView>(messages.view);
export const goalQuery = defineQuery<RollbackGoal, [to?: number]>(messages.goal);
