import { setTimeout as delay } from 'node:timers/promises';
import type { ModelIndexEntry } from '../../protocols/triton/messages.ts';
import { AdapterError } from '../errors.ts';
import { hasState } from './index-state.ts';
import type { ModelServer } from './model-server.ts';
import { toAdapterError } from './to-adapter-error.ts';

const firstPauseMs = 20;
const longestPauseMs = 1_000;

export interface AwaitedModel {
  readonly modelName: string;
  /** States that must be gone. */
  readonly notIn: readonly ('READY' | 'LOADING' | 'UNLOADING')[];
}

/**
 * Polls the index, gently, until no version of the model is in one of the states. A server that cannot be reached is waited for too:
 * it may be on its way up again.
 * @throws AdapterError `Unavailable` when the server stays away or the states do not end in time
 */
export async function untilSettled(server: ModelServer, awaited: AwaitedModel): Promise<readonly ModelIndexEntry[]> {
  const giveUpMs = performance.now() + server.timeouts.loadMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const index = await readIndex(server);
    if (!hasState(index, awaited.modelName, ...awaited.notIn)) return index;
    if (performance.now() > giveUpMs) throw tooSlow(server, awaited);
    await delay(pauseMs);
  }
}

/** The index, from a server that may be away for a moment. */
export async function readIndex(server: ModelServer): Promise<readonly ModelIndexEntry[]> {
  const giveUpMs = performance.now() + server.timeouts.unreachableMs;
  for (;;) {
    try {
      return await server.control.repositoryIndex();
    } catch (error) {
      const failure = toAdapterError(error, `read the model index of replica ${server.name}`);
      if (failure.failure !== 'Unavailable' || performance.now() > giveUpMs) throw failure;
      await delay(firstPauseMs * 10);
    }
  }
}

function tooSlow({ name, timeouts }: ModelServer, { modelName, notIn }: AwaitedModel): AdapterError {
  const message = `${modelName} on replica ${name} was still ${notIn.join(' or ')} after ${Math.round(timeouts.loadMs / 1000)} s`;
  return new AdapterError('Unavailable', `${message}; look at the log of the server`, { system: 'triton' });
}
