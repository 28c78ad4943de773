import { z } from 'zod';
import type { StackState } from '../contracts/stack-state.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';

const processIdentity = z.object({ pid: z.int().positive(), startTicks: z.int().nonnegative() });

const serverState = z.object({
  name: z.string(),
  phase: z.enum(['waiting', 'starting', 'ready', 'failed', 'stopped']),
  process: processIdentity.nullable(),
  restarts: z.int().nonnegative(),
  logFile: z.string(),
  readyMs: z.number().nullable(),
});

const target = z.object({ grpcAddress: z.string(), httpUrl: z.string(), metricsUrl: z.string() });

const stackState = z.object({
  schema: z.literal('windlass.stack/v1'),
  home: z.string(),
  phase: z.enum(['starting', 'ready', 'stopping']),
  supervisor: processIdentity,
  servers: z.array(serverState),
  endpoints: z.object({
    temporalAddress: z.string(),
    temporalUiUrl: z.string(),
    mlflowUrl: z.string(),
    targets: z.record(z.string(), target),
    workers: z.record(z.string(), z.object({ metricsUrl: z.string() })).default({}),
  }),
});

/** Null where nothing was written yet or what is there cannot be read; the processes themselves are found by their mark. */
export function readState(stateFile: string): StackState | null {
  return stackState.safeParse(readJsonFile(stateFile)).data ?? null;
}

export function writeState(stateFile: string, state: StackState): void {
  writeJsonFile(stateFile, state);
}
