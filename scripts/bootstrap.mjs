// Brings a clone to the state in which its programs run, then runs the given command there. Plain JavaScript without dependencies
// for Node 20, because it is what runs before anything is installed.
//   node scripts/bootstrap.mjs [node dist/demo/main.js …]     install what is missing, then run the command
//   node scripts/bootstrap.mjs --check                        print what this machine has as JSON; changes nothing
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BootstrapError, bootstrapPaths } from './bootstrap/paths.mjs';
import { checkMachine } from './bootstrap/machine-checks.mjs';
import { installAll } from './bootstrap/install.mjs';
import { runCommand } from './bootstrap/run-command.mjs';
import { withLock } from './bootstrap/lock.mjs';

/** @param {readonly string[]} argv */
async function main(argv) {
  const paths = bootstrapPaths(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
  if (argv[0] === '--check') {
    process.stdout.write(`${JSON.stringify(checkMachine(paths), null, 2)}\n`);
    return 0;
  }
  await withLock(paths.lock, () => installAll(paths));
  return argv.length === 0 ? 0 : runCommand(paths, argv);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  process.stderr.write(`windlass set-up: ${error.message}\n`);
  process.exitCode = 1;
}
