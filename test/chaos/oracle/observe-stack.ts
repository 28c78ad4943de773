import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { StackState } from '../../../src/contracts/stack-state.ts';
import { findMarked, supervisorName } from '../../../src/stack/process-marks.ts';
import { shmPrefix } from '../../../src/stack/servers/triton-server.ts';
import type { StackHome } from '../../../src/stack/stack-home.ts';
import type { StoreReader } from './store-reader.ts';

/** The machine, apart from any run. */
export interface StackFacts {
  /** Processes that belong to no server of the stack, or are a second of their kind. */
  readonly strayProcesses: readonly string[];
  /** Files of the store that no reader would ever see: unfinished, temporary. */
  readonly unfinishedFiles: readonly string[];
  readonly unfinishedUploads: readonly string[];
  /** Directories of jobs that were never finished. */
  readonly jobDrafts: readonly string[];
}

/** What is there while the stack runs and no run does. */
export async function observeStack(home: StackHome, store: StoreReader, state: StackState): Promise<StackFacts> {
  const marked = await findMarked(home.directory);
  const known = new Set([...state.servers.map(({ name }) => name), supervisorName]);
  const supervisors = marked.filter(({ server }) => server === supervisorName);
  const stray = [...marked.filter(({ server, isJob }) => isJob || !known.has(server)), ...supervisors.slice(1)];
  return {
    strayProcesses: stray.map(({ server, pid }) => `${server} ${pid}: ${commandOf(pid)}`),
    unfinishedFiles: (await store.keys()).filter((key) => key.split('/').some(isUnfinished)),
    unfinishedUploads: await store.unfinishedUploads(),
    jobDrafts: readdirSync(home.jobs).filter((name) => name.includes('.draft-')),
  };
}

/** What the stack leaves when it is down. */
export async function observeRemains(home: StackHome): Promise<readonly string[]> {
  const marked = await findMarked(home.directory);
  const shared = readdirSync('/dev/shm').filter((name) => name.startsWith(shmPrefix(home)));
  return [
    ...marked.map(({ server, pid }) => `process ${pid} of ${server}: ${commandOf(pid)}`),
    ...shared.map((name) => `shared memory ${join('/dev/shm', name)}`),
  ];
}

function isUnfinished(name: string): boolean {
  return name === '.tmp' || name.startsWith('.staging-') || name.endsWith('.part');
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 120);
  } catch {
    return 'ended';
  }
}
