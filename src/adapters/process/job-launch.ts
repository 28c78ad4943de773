import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { JobKind } from '../../contracts/stage.ts';
import { AdapterError } from '../errors.ts';
import type { JobClaim } from './job-claim.ts';
import { readClaim } from './job-claim.ts';
import type { JobPaths } from './job-directory.ts';

/** The same from src/ and from dist/. */
const launcherFile = fileURLToPath(new URL('../../../jobs/job_launcher.py', import.meta.url));
const claimPollMs = 15;
const claimTimeoutMs = 30_000;

export interface LaunchOptions {
  readonly python: string;
  readonly stage: JobKind;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Starts a launcher and waits until the job is claimed, by it or by another. The launcher has a session of its own, no stdin, and
 * the log as output: nothing ties it to this process.
 * @throws AdapterError `Unavailable` where no launcher could be started.
 */
export async function launchJob(paths: JobPaths, options: LaunchOptions): Promise<JobClaim> {
  const log = await open(paths.log, 'a');
  try {
    const command = [options.python, '-m', 'windlass_jobs', options.stage];
    const launcher = spawn(options.python, ['-I', launcherFile, paths.directory, ...command], {
      cwd: paths.work,
      env: options.environment,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    launcher.unref();
    return await claimedBy(launcher, paths, options.python);
  } finally {
    await log.close();
  }
}

async function claimedBy(launcher: ChildProcess, paths: JobPaths, python: string): Promise<JobClaim> {
  let ended = '';
  void once(launcher, 'exit').then(
    ([code, signal]) => (ended = `it ended with ${String(signal ?? code)} before it took the job, see ${paths.log}`),
    (error: unknown) => (ended = error instanceof Error ? error.message : String(error)),
  );
  const deadlineMs = Date.now() + claimTimeoutMs;
  while (Date.now() < deadlineMs) {
    const launcherEnded = ended;
    const claim = await readClaim(paths);
    if (claim !== null) return claim;
    if (launcherEnded !== '') throw launchFailed(python, launcherEnded);
    await delay(claimPollMs);
  }
  throw launchFailed(python, `no claim after ${claimTimeoutMs / 1000} s`);
}

function launchFailed(python: string, reason: string): AdapterError {
  const message = `cannot start a job with ${python}: ${reason}; check the interpreter of the job environment`;
  return new AdapterError('Unavailable', message, { system: 'jobs', details: { python } });
}
