import { readFile } from 'node:fs/promises';

import type { ProcessIdentity } from '../../src/contracts/stack-state.ts';
import { findInstallation } from '../../src/stack/installation.ts';
import { waitUntilReady } from '../../src/stack/readiness.ts';
import { buildServerEnvironment } from '../../src/stack/server-environment.ts';
import { launchServer } from '../../src/stack/server-process.ts';
import type { ServerSpec } from '../../src/stack/server-spec.ts';
import type { StackHome } from '../../src/stack/stack-home.ts';
import { logFile } from '../../src/stack/stack-home.ts';

const startTimeoutMs = 60_000;

export type BenchServer = Pick<ServerSpec, 'name' | 'command' | 'readiness'>;

/** Starts a server as the supervisor does, and waits until it is ready. */
export async function startServer(
  home: StackHome,
  { name, command, readiness }: BenchServer,
): Promise<ProcessIdentity> {
  const log = logFile(home, name);
  const { venvBin } = findInstallation();
  const environment = buildServerEnvironment(command, process.env, {
    homeDirectory: home.directory,
    server: name,
    venvBin,
  });
  const started = await launchServer({ command, environment, directory: home.directory, logFile: log });
  const ended = started.ended.then(async (how) => {
    throw new Error(`${name} ended (${how}):\n${(await readFile(log, 'utf8')).slice(-2000)}`);
  });
  const signal = AbortSignal.timeout(startTimeoutMs);
  const ready = waitUntilReady(readiness, { logFile: log, logOffset: started.logOffset, signal, note: () => {} });
  await Promise.race([ready, ended]);
  ended.catch(() => {});
  return started.identity;
}
