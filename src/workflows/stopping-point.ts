import type { RunStatus } from '../contracts/run-status.ts';

/** Where a run stands that is asked to stop, in words that follow "cancelled". */
export function stoppingPoint({ stages, approval, attention }: RunStatus): string {
  const running = stages.findLast(({ state }) => state === 'running');
  if (running !== undefined) return `in ${running.stage}`;
  if (approval !== null) return 'while it waited for a decision';
  if (attention !== null) return `while it waited for a repair of ${attention.stage}`;
  const ended = stages.findLast(({ state }) => state === 'done' || state === 'reused');
  return ended === undefined ? 'before its first stage' : `after ${ended.stage}`;
}
