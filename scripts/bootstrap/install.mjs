import fs from 'node:fs';
import path from 'node:path';
import { BootstrapError } from './paths.mjs';
import { checkHardware, isNodeInstalled } from './machine-checks.mjs';
import { ensurePython } from './python.mjs';
import { hashInputs, isStamped, writeStamp } from './stamps.mjs';
import { runLogged } from './run-command.mjs';

/** @typedef {import('./paths.mjs').BootstrapPaths} BootstrapPaths */

/**
 * Installs and builds what is missing. Every step ends with its stamp, so one that was cut short is done again.
 * @param {BootstrapPaths} paths
 */
export async function installAll(paths) {
  const missing = checkHardware(paths).filter((check) => check.status === 'missing');
  if (missing.length > 0)
    throw new BootstrapError(missing.map((check) => `${check.name}: found ${check.found}; ${check.advice}`).join('\n'));
  await settleBoth(installNode(paths), installPython(paths));
  await build(paths);
}

/**
 * Both to their end, so that no installer runs on after a failure of the other.
 * @param {Promise<void>} first
 * @param {Promise<void>} second
 */
async function settleBoth(first, second) {
  const failed = (await Promise.allSettled([first, second])).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** The log level is ours: `npm run --silent` hands its own on, and the reason of a failure would be missing. */
const npmOptions = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];

/** @param {BootstrapPaths} paths */
async function installNode(paths) {
  const stamp = hashInputs([paths.packageLock]);
  if (!isNodeInstalled(paths)) await timed('Node packages', () => runNpm(paths));
  if (!isStamped(paths.nodeStamp, stamp)) writeStamp(paths.nodeStamp, stamp);
}

/**
 * `npm ci`; where a registry lacks packages of other platforms, npm 11.16 and newer write a lock that their own `npm ci` refuses
 * (npm/cli#9846), and `npm install` puts in the same tree, by the same versions and hashes.
 * @param {BootstrapPaths} paths
 */
async function runNpm(paths) {
  const ci = step(paths, 'npm ci', ['npm', 'ci', ...npmOptions]);
  try {
    await runLogged(ci);
  } catch (error) {
    if (!/EUSAGE/.test(fs.readFileSync(ci.logFile, 'utf8'))) throw error;
    await installFromLock(paths);
  }
}

/** @param {BootstrapPaths} paths */
async function installFromLock(paths) {
  const lock = fs.readFileSync(paths.packageLock);
  fs.rmSync(paths.nodeModules, { recursive: true, force: true });
  await runLogged(step(paths, 'npm install', ['npm', 'install', ...npmOptions]));
  fs.writeFileSync(paths.packageLock, lock);
}

/** @param {BootstrapPaths} paths */
async function installPython(paths) {
  const stamp = hashInputs([paths.requirements]);
  if (isStamped(paths.venvStamp, stamp) && !fs.existsSync(paths.venvUnfinished)) return;
  const python = ensurePython();
  await installUv(paths, python.executable);
  await timed('Python packages', () => syncVenv(paths, python.executable));
  writeStamp(paths.venvStamp, stamp);
}

/**
 * uv is many times faster than pip at what follows, and pip installs uv.
 * @param {BootstrapPaths} paths
 * @param {string} python
 */
async function installUv(paths, python) {
  const stamp = hashInputs([paths.uvRequirements]);
  if (isStamped(paths.uvStamp, stamp)) return;
  await timed('uv', async () => {
    await runLogged(step(paths, 'python -m venv', [python, '-m', 'venv', '--clear', paths.uvVenv]));
    const pip = [
      path.join(paths.uvVenv, 'bin', 'python'),
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
    ];
    await runLogged(
      step(paths, 'pip install uv', [...pip, '--require-hashes', '--no-deps', '-r', paths.uvRequirements]),
    );
  });
  writeStamp(paths.uvStamp, stamp);
}

/**
 * An environment whose installation was cut short may hold half a package that looks whole: it is made anew.
 * @param {BootstrapPaths} paths
 * @param {string} python
 */
async function syncVenv(paths, python) {
  if (fs.existsSync(paths.venvUnfinished)) fs.rmSync(paths.venv, { recursive: true, force: true });
  fs.writeFileSync(paths.venvUnfinished, '');
  if (!fs.existsSync(path.join(paths.venvBin, 'python'))) {
    await runLogged(step(paths, 'uv venv', [paths.uv, 'venv', '--clear', '--python', python, paths.venv]));
  }
  const target = ['--python', path.join(paths.venvBin, 'python')];
  await runLogged(
    step(paths, 'uv pip sync', [paths.uv, 'pip', 'sync', ...target, '--require-hashes', paths.requirements]),
  );
  fs.rmSync(paths.venvUnfinished);
}

/** @param {BootstrapPaths} paths */
async function build(paths) {
  const stamp = hashInputs(paths.buildInputs);
  if (isStamped(paths.distStamp, stamp)) return;
  await timed('build', () => runLogged(step(paths, 'npm run build', ['npm', 'run', 'build'])));
  writeStamp(paths.distStamp, stamp);
}

/**
 * @param {BootstrapPaths} paths
 * @param {string} name also the name of its log
 * @param {readonly string[]} argv
 */
function step(paths, name, argv) {
  return { name, cwd: paths.root, logFile: path.join(paths.logs, `${name.replaceAll(' ', '-')}.log`), argv };
}

/**
 * @param {string} what
 * @param {() => Promise<void>} action
 */
async function timed(what, action) {
  const startMs = Date.now();
  process.stderr.write(`windlass set-up: ${what} …\n`);
  await action();
  process.stderr.write(`windlass set-up: ${what} done in ${((Date.now() - startMs) / 1000).toFixed(1)} s\n`);
}
