import { dirname, join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../contracts/canonical-json.ts';
import { AdapterError } from '../errors.ts';
import { readFileIfThere, writeFileDurably } from './durable-file.ts';

export interface FenceCheck {
  readonly desiredDirectory: string;
  readonly model: string;
  /** The deployer's fencing token. */
  readonly token: number;
}

const fenceFile = z.object({ token: z.int() });

/**
 * Lets a deployer change a model only while no later one has: the highest token seen is kept on disk beside the desired state. Call it
 * while holding the replica's lock, before each change.
 * @throws AdapterError `StaleFence`
 */
export async function passFence({ desiredDirectory, model, token }: FenceCheck): Promise<void> {
  const file = join(dirname(desiredDirectory), 'fences', `${model}.json`);
  const highest = parseFence(await readFileIfThere(file), file);
  if (token < highest) throw stale(model, token, highest);
  if (token > highest) await writeFileDurably(file, canonicalJson({ token }));
}

function parseFence(text: string | null, file: string): number {
  if (text === null) return Number.NEGATIVE_INFINITY;
  try {
    return fenceFile.parse(JSON.parse(text)).token;
  } catch (cause) {
    const message = `${file} holds no fencing token; write {"token":N} with the token of the target's latest lease`;
    throw new AdapterError('Unexpected', message, { system: 'triton', cause });
  }
}

function stale(model: string, token: number, highest: number): AdapterError {
  return new AdapterError(
    'StaleFence',
    `the lease with token ${token} may no longer change ${model}: a deployer with token ${highest} has taken over`,
    { system: 'triton', details: { token, highest } },
  );
}
