import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureSearchAttributes } from './search-attributes.ts';
import type { Readiness } from './server-spec.ts';
import { restoreDesiredModels } from '../adapters/triton/desired-state.ts';

const pollMs = 150;
const probeTimeoutMs = 3_000;

export interface ReadinessContext {
  readonly logFile: string;
  /** Size of the log when the server was started: older lines do not count. */
  readonly logOffset: number;
  readonly signal: AbortSignal;
  /** Told what was loaded again, or why a model could not be. */
  readonly note: (message: string, details: Readonly<Record<string, unknown>>) => void;
}

/** Resolves when the server is ready; rejects with the signal's reason when that is aborted first. */
export async function waitUntilReady(readiness: Readiness, context: ReadinessContext): Promise<void> {
  const probe = probeFor(readiness, context);
  while (!(await probe())) await delay(pollMs, undefined, { signal: context.signal });
  if (readiness.kind === 'triton') await restoreModels(readiness, context);
}

function probeFor(readiness: Readiness, context: ReadinessContext): () => Promise<boolean> {
  switch (readiness.kind) {
    case 'http':
    case 'triton':
      return () => answersOk(readiness.url);
    case 'temporal':
      return () => ensureSearchAttributes(readiness.address, readiness.searchAttributes);
    case 'log-line':
      return () => hasLogLine(context, readiness.message);
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(probeTimeoutMs) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

async function hasLogLine({ logFile, logOffset }: ReadinessContext, message: string): Promise<boolean> {
  const handle = await open(logFile, 'r');
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, size - logOffset));
    await handle.read(buffer, 0, buffer.length, logOffset);
    return buffer
      .toString('utf8')
      .split('\n')
      .some((line) => messageOf(line) === message);
  } finally {
    await handle.close();
  }
}

function messageOf(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null && 'msg' in entry ? entry.msg : undefined;
  } catch {
    return undefined;
  }
}

/** A model that cannot be loaded again must not keep the server down: only a running server can be rolled back. */
async function restoreModels(
  readiness: Extract<Readiness, { kind: 'triton' }>,
  context: ReadinessContext,
): Promise<void> {
  try {
    const secret = (await readFile(readiness.secretFile, 'utf8')).trim();
    const { grpcAddress, desiredDirectory } = readiness;
    const restored = await restoreDesiredModels({ grpcAddress, secret, desiredDirectory });
    if (restored.length > 0) context.note('live models loaded again', { models: restored });
  } catch (error) {
    context.note('a live model could not be loaded again', {
      error: error instanceof Error ? error.message : String(error),
    });
  }
}
