import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';

import type { ArmedFault, FaultCell, FaultStage, PointName } from '../plan/fault.ts';
import type { ChaosFiles } from './chaos-files.ts';

/** Where a worker is. */
export interface Passage {
  readonly workflowId: string;
  readonly stage: FaultStage;
  readonly point: PointName;
  readonly when: FaultCell['when'];
}

/** Written before a fault strikes; `fired` says by whom and when. */
export interface FiredFault extends ArmedFault {
  readonly pid: number;
  readonly atMs: number;
  /** The job that the call was about, if it was about one. */
  readonly job: string | null;
}

/** Arms faults for workflows that have not begun yet: workers read them once. */
export function armFaults(files: ChaosFiles, workflowId: string, faults: readonly ArmedFault[]): void {
  if (faults.length > 0) writeFileSync(files.armed(workflowId), JSON.stringify(faults));
}

/**
 * The fault that strikes here and now, if any: claimed by an exclusive create, so that of all workers, and of all their lives, one
 * strikes it once.
 */
export function claimFault(files: ChaosFiles, passage: Passage, job: string | null): ArmedFault | null {
  return (
    armedFor(files, passage.workflowId).find((fault) => isHere(fault, passage) && claim(files, fault, job)) ?? null
  );
}

function armedFor(files: ChaosFiles, workflowId: string): readonly ArmedFault[] {
  const file = files.armed(workflowId);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ArmedFault[]) : [];
}

function isHere(fault: ArmedFault, { stage, point, when }: Passage): boolean {
  return fault.stage === stage && fault.point === point && fault.when === when;
}

function claim(files: ChaosFiles, fault: ArmedFault, job: string | null): boolean {
  if (existsSync(files.fired(fault.id))) return false;
  appendFileSync(files.passed(fault.id), '.');
  if (statSync(files.passed(fault.id)).size < fault.occurrence) return false;
  const fired: FiredFault = { ...fault, pid: process.pid, atMs: Date.now(), job };
  try {
    writeFileSync(files.fired(fault.id), JSON.stringify(fired), { flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
