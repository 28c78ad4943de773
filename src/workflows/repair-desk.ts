import { condition, setHandler } from '@temporalio/workflow';

import type { RepairOrder, RepairRecord } from '../contracts/repair.ts';
import { failWith, outermost } from './failure-of.ts';
import { retryUpdate } from './messages.ts';
import { repairExample, repairProblem } from './repair-rules.ts';
import type { RunState } from './run-state.ts';

/** Checks a repair in full; what it gives makes the repair, at once. */
export type CheckRepair = (order: RepairOrder) => Promise<() => RepairRecord>;

/** Where repairs of a parked run arrive. */
export interface RepairDesk {
  /** Waits for a repair that stands the check. False: none came in time. */
  awaitRepair(check: CheckRepair, timeoutMs: number): Promise<boolean>;
}

/** Handler of the Update `retry`; it must be there before a run first waits for anything. */
export function openRepairDesk(state: RunState): RepairDesk {
  let waiting: CheckRepair | null = null;
  let isChecking = false;

  const repair = async (order: RepairOrder, check: CheckRepair | null): Promise<RepairRecord> => {
    isChecking = true;
    try {
      const make = await check?.(order);
      if (make === undefined || waiting !== check) throw refusal(`run ${state.status.runId} has ended meanwhile`);
      waiting = null;
      return make();
    } catch (error) {
      throw outermost(error);
    } finally {
      isChecking = false;
    }
  };
  setHandler(retryUpdate, async (order) => repair(order, waiting), {
    validator: (order) => {
      const problem = isChecking ? 'another repair is being checked' : repairProblem(state.status, order);
      if (problem !== null) throw refusal(problem);
    },
    description: `Goes on from the stage that failed; refused where it does not fit. Example: ${repairExample}`,
  });

  return {
    awaitRepair: async (check, timeoutMs) => {
      waiting = check;
      try {
        await condition(() => waiting === null, timeoutMs);
        await condition(() => !isChecking);
        return waiting === null;
      } finally {
        waiting = null;
      }
    },
  };
}

function refusal(message: string): Error {
  return failWith({ name: 'InvalidSpec', message });
}
