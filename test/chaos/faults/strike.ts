import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { AdapterError } from '../../../src/adapters/errors.ts';
import type { ArmedFault } from '../plan/fault.ts';
import { isOutside } from '../plan/fault.ts';
import type { ChaosFiles } from './chaos-files.ts';

const slowMs = 2_500;
const struckPollMs = 20;
/** The harness itself may be gone. */
const struckTimeoutMs = 60_000;

/** Does what a claimed fault says; the call goes on unless it throws, or the process is gone. */
export async function strike(files: ChaosFiles, fault: ArmedFault): Promise<void> {
  if (isOutside(fault.kind)) return untilStruck(files, fault);
  switch (fault.kind) {
    case 'kill':
      return void process.kill(process.pid, 'SIGKILL');
    case 'stop':
      return void process.kill(process.pid, 'SIGSTOP');
    case 'slow':
      return delay(slowMs);
    case 'unavailable':
    case 'lost-answer':
      throw failed('Unavailable', fault);
    case 'storage-full':
      throw failed('StorageFull', fault);
    case 'duplicate':
  }
}

/** The harness strikes from outside, and this worker may die of it here. */
async function untilStruck(files: ChaosFiles, { id }: ArmedFault): Promise<void> {
  const giveUpMs = Date.now() + struckTimeoutMs;
  while (!existsSync(files.struck(id)) && Date.now() < giveUpMs) await delay(struckPollMs);
}

function failed(failure: 'Unavailable' | 'StorageFull', { id, kind, point, when }: ArmedFault): AdapterError {
  return new AdapterError(failure, `injected fault ${id}: ${kind} ${when} ${point}`, { system: 'chaos' });
}
