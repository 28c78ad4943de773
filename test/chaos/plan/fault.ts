import type { StageName } from '../../../src/contracts/stage.ts';
import { stageNames } from '../../../src/contracts/stage.ts';
import type { PortName } from '../../../src/workers/port-guard.ts';

/** A method of a port: where an activity touches the world. */
export type PointName = `${PortName}.${string}`;

/** Where a run stands: its stages, and what comes before the first and after the last. */
export type FaultStage = 'resolve' | StageName | 'finish';

export const faultStages: readonly FaultStage[] = ['resolve', ...stageNames, 'finish'];

/** Struck by the worker that reaches the point. */
export const insideKinds = [
  /** kill -9 of the worker. */
  'kill',
  /** SIGSTOP of the worker, for longer than the heartbeat timeouts. */
  'stop',
  /** The call fails before it has any effect: the connection is cut. */
  'unavailable',
  /** The call has its effect, but its answer is lost. */
  'lost-answer',
  /** Permanent: the disk is full. */
  'storage-full',
  'slow',
  /** The call is delivered twice. */
  'duplicate',
] as const;

/** Struck by the harness while the worker waits at the point. */
export const outsideKinds = [
  'cancel',
  'terminate',
  /** SIGSTOP of the deployer's worker, terminate of its run, another deployment, SIGCONT. */
  'zombie',
  'kill-temporal',
  'kill-mlflow',
  'kill-triton',
  'kill-store',
  'kill-job',
  'term-job',
  'kill-workers',
  'kill-supervisor',
  'kill-tree',
] as const;

export type InsideKind = (typeof insideKinds)[number];
export type OutsideKind = (typeof outsideKinds)[number];
export type FaultKind = InsideKind | OutsideKind;

/** A fault before it belongs to a run. */
export interface FaultCell {
  readonly point: PointName;
  readonly stage: FaultStage;
  readonly when: 'before' | 'after';
  readonly kind: FaultKind;
}

/** A fault that waits for its run to come by; strikes once, whatever dies meanwhile. */
export interface ArmedFault extends FaultCell {
  readonly id: string;
  readonly workflowId: string;
  /** Strikes at the n-th time that the run comes by. */
  readonly occurrence: number;
}

export function isOutside(kind: FaultKind): kind is OutsideKind {
  return outsideKinds.some((outside) => outside === kind);
}

/** Ends its run: no later fault of the run would be reached. */
export function isEnding(kind: FaultKind): boolean {
  return ['storage-full', 'cancel', 'terminate', 'zombie'].includes(kind);
}
