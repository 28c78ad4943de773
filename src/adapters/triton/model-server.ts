import { readFile } from 'node:fs/promises';
import type { ReplicaPlatform } from '../../contracts/platform.ts';
import type { TritonControl } from '../../protocols/triton/control.ts';
import { openControl } from '../../protocols/triton/control.ts';
import { AdapterError } from '../errors.ts';

export interface ServerTimeouts {
  /** A load or unload, and a change by somebody else that is waited for. */
  readonly loadMs: number;
  /** How long a server may be gone while a load is awaited. */
  readonly unreachableMs: number;
  /** All other calls. */
  readonly callMs: number;
}

export const defaultTimeouts: ServerTimeouts = { loadMs: 300_000, unreachableMs: 10_000, callMs: 10_000 };

/** The control side of one server, for the length of one operation. */
export interface ModelServer {
  /** For messages. */
  readonly name: string;
  readonly control: TritonControl;
  readonly timeouts: ServerTimeouts;
}

/** Reads the secret and connects anew for each operation: a rotated secret or a restarted server needs no restart of the worker. */
export async function withServer<Result>(
  replica: ReplicaPlatform,
  timeouts: ServerTimeouts,
  work: (server: ModelServer) => Promise<Result>,
): Promise<Result> {
  const secret = await readSecret(replica);
  const control = openControl({ grpcAddress: replica.grpcAddress, secret, callTimeoutMs: timeouts.callMs });
  try {
    return await work({ name: replica.name, control, timeouts });
  } finally {
    control.close();
  }
}

async function readSecret({ name, secretFile }: ReplicaPlatform): Promise<string> {
  try {
    return (await readFile(secretFile, 'utf8')).trim();
  } catch (cause) {
    const message = `cannot read the secret of replica ${name} from ${secretFile}; the file must exist and be readable by this worker`;
    throw new AdapterError('AccessDenied', message, { system: 'triton', cause });
  }
}
