import { constants } from 'node:os';
import { say } from '../../examples/glossary/follow.ts';
import { versitygwProblem } from '../servers/versitygw.ts';
import { clusterProblem } from './cluster-problem.ts';
import { playTwice } from './demo/play-twice.ts';
import { createTeardown } from './teardown.ts';

/*
 * `npm run demo:cluster`: the fine-tuning run of `npm run demo` with its jobs as Jobs of the test cluster, and once more with processes;
 * ends with 0 where both have made the same bytes. It approves by itself and leaves nothing behind.
 */

const teardown = createTeardown();

/** Resolves with the exit status of a program that a signal ended, as a shell has it. */
async function interruption(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        say(`\n${signal}: taking everything down …`);
        resolve(128 + constants.signals[signal]);
      });
  });
}

async function play(): Promise<number> {
  const problem = clusterProblem() ?? (await versitygwProblem());
  if (problem !== null) throw new Error(`no cluster on this machine: ${problem}`);
  return (await playTwice(teardown)) ? 0 : 1;
}

function tellFailure(error: unknown): number {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}

// What fails after a signal fails because of it.
const exitCode = await Promise.race([play(), interruption()]).catch(tellFailure);
const failures = await teardown.downAll();
for (const failure of failures) tellFailure(failure);
say('everything is taken down');
// After a signal the run is still being followed, on servers that are gone.
process.exit(failures.length === 0 ? exitCode : exitCode || 1);
