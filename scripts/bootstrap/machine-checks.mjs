// What this machine has and lacks. Read by the set-up, which stops at the first thing it cannot mend, and by `windlass doctor`.
import fs from 'node:fs';
import os from 'node:os';
import { hashInputs, isStamped, matchesPackageLock } from './stamps.mjs';
import { describePython, findPython, isComplete, pythonAdvice } from './python.mjs';

const bytesPerGb = 1e9;
const minimum = { node: 20, glibc: [2, 35], memoryGb: 6, diskGb: 10, diskInstalledGb: 2 };

/**
 * `install` = missing, and the set-up installs it; `missing` = a person has to act.
 * @typedef {{ readonly name: string, readonly status: 'ok' | 'install' | 'missing', readonly found: string, readonly advice: string }} Check
 */

/**
 * @param {import('./paths.mjs').BootstrapPaths} paths
 * @returns {Check[]}
 */
export function checkMachine(paths) {
  return [...checkHardware(paths), checkPython(), ...checkInstalled(paths)];
}

/**
 * @param {import('./paths.mjs').BootstrapPaths} paths
 * @returns {Check[]}
 */
export function checkHardware(paths) {
  return [checkSystem(), checkGlibc(), checkNode(), checkCpu(), checkMemory(), checkDisk(paths)];
}

function checkSystem() {
  const found = `${process.platform} ${process.arch}`;
  const advice = 'Windlass runs on Linux x86-64 only: use such a machine or container';
  return check('system', found === 'linux x64', { found, advice });
}

function checkGlibc() {
  const version = glibcVersion();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = minimum.glibc;
  const ok = major > needMajor || (major === needMajor && minor >= needMinor);
  const advice = 'Triton needs glibc 2.35 or newer: use Debian 12, Ubuntu 22.04 or newer';
  return check('glibc', ok, { found: version || 'none', advice });
}

function glibcVersion() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header?.glibcVersionRuntime ?? '';
}

function checkNode() {
  const found = process.versions.node;
  return check('node', Number(found.split('.')[0]) >= minimum.node, { found, advice: 'install Node 20 or newer' });
}

function checkCpu() {
  const flags = readText('/proc/cpuinfo').match(/^flags\s*:.*$/m)?.[0] ?? '';
  const features = ['avx2', 'avx512f'].filter((flag) => flags.includes(` ${flag}`));
  const found = `${os.availableParallelism()} cores, ${features.join(' ') || 'no AVX2'}`;
  return check('cpu', features.includes('avx2'), {
    found,
    advice: 'use a CPU with AVX2: OpenVINO and PyTorch need it',
  });
}

function checkMemory() {
  const totalGb = Math.min(os.totalmem(), cgroupLimitBytes()) / bytesPerGb;
  const advice = `give the machine at least ${minimum.memoryGb} GB of memory`;
  return check('memory', totalGb >= minimum.memoryGb, { found: `${totalGb.toFixed(1)} GB`, advice });
}

function cgroupLimitBytes() {
  const text = readText('/sys/fs/cgroup/memory.max').trim();
  return /^\d+$/.test(text) ? Number(text) : Infinity;
}

/** @param {import('./paths.mjs').BootstrapPaths} paths */
function checkDisk(paths) {
  const needGb = fs.existsSync(paths.venvStamp) ? minimum.diskInstalledGb : minimum.diskGb;
  const { bavail, bsize } = fs.statfsSync(paths.root);
  const freeGb = (bavail * bsize) / bytesPerGb;
  const texts = { found: `${freeGb.toFixed(1)} GB free`, advice: `free at least ${needGb} GB at ${paths.root}` };
  return check('disk', freeGb >= needGb, texts);
}

function checkPython() {
  const python = findPython();
  const texts = { found: describePython(python), advice: pythonAdvice(python) };
  return check('python', python !== null && isComplete(python), texts);
}

/**
 * @param {import('./paths.mjs').BootstrapPaths} paths
 * @returns {Check[]}
 */
function checkInstalled(paths) {
  return [
    checkMade('node_modules', isNodeInstalled(paths)),
    checkMade(
      '.venv',
      isStamped(paths.venvStamp, hashInputs([paths.requirements])) && !fs.existsSync(paths.venvUnfinished),
    ),
    checkMade('dist', isStamped(paths.distStamp, hashInputs(paths.buildInputs))),
  ];
}

/** @param {import('./paths.mjs').BootstrapPaths} paths */
export function isNodeInstalled(paths) {
  if (!fs.existsSync(paths.node)) return false;
  return (
    isStamped(paths.nodeStamp, hashInputs([paths.packageLock])) ||
    matchesPackageLock(paths.packageLock, paths.nodeModules)
  );
}

/**
 * @param {string} name
 * @param {boolean} ok
 * @returns {Check}
 */
function checkMade(name, ok) {
  return {
    name,
    status: ok ? 'ok' : 'install',
    found: ok ? 'up to date' : 'missing or out of date',
    advice: ok ? '' : 'run: node scripts/bootstrap.mjs',
  };
}

/**
 * @param {string} name
 * @param {boolean} ok
 * @param {{ readonly found: string, readonly advice: string }} texts
 * @returns {Check}
 */
function check(name, ok, { found, advice }) {
  return { name, status: ok ? 'ok' : 'missing', found, advice: ok ? '' : advice };
}

/** @param {string} file */
function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
