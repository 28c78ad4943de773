// Finds the Python of the one environment. Triton's python backend loads libpython3.x.so.1.0, which Debian ships apart from the
// interpreter, and `python -m venv` needs a package of its own there as well.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { BootstrapError } from './paths.mjs';

const supported = ['3.11', '3.12'];

const probe = `
import glob, importlib.util, json, os, sys, sysconfig
name = "libpython%d.%d.so.1.0" % sys.version_info[:2]
multiarch = sysconfig.get_config_var("MULTIARCH") or ""
roots = [sysconfig.get_config_var("LIBDIR") or "", os.path.join(sys.base_prefix, "lib"), "/usr/lib/" + multiarch, "/usr/lib", "/usr/lib64"]
found = [root for root in roots if os.path.exists(os.path.join(root, name))]
print(json.dumps({
  "executable": sys.executable, "version": "%d.%d" % sys.version_info[:2], "glibc": os.confstr("CS_GNU_LIBC_VERSION") or "",
  "hasVenv": all(importlib.util.find_spec(m) for m in ("venv", "ensurepip")), "libpythonDirectory": found[0] if found else None,
}))`;

/**
 * @typedef {object} Python
 * @property {string} executable
 * @property {string} version
 * @property {boolean} hasVenv
 * @property {string | null} libpythonDirectory
 */

/**
 * The best Python of this machine: a complete one of a supported version if there is one, else the nearest to it.
 * @returns {Python | null}
 */
export function findPython() {
  const pythons = candidates().flatMap((candidate) => probePython(candidate) ?? []);
  const fitting = pythons.filter((python) => supported.includes(python.version));
  return fitting.find(isComplete) ?? fitting[0] ?? null;
}

/** @param {Python} python */
export function isComplete(python) {
  return python.hasVenv && python.libpythonDirectory !== null;
}

/** @returns {string[]} absolute paths in the order of preference */
function candidates() {
  const chosen = process.env['WINDLASS_PYTHON'];
  if (chosen !== undefined) return [chosen];
  const directories = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/bin', '/usr/local/bin'].filter(
    (entry) => entry !== '',
  );
  const names = ['python3.11', 'python3.12', 'python3'];
  const files = names.flatMap((name) => directories.map((directory) => path.join(directory, name)));
  return [...new Set(files)].filter((file) => fs.existsSync(file));
}

/**
 * @param {string} executable
 * @returns {Python | null} null where it does not start
 */
function probePython(executable) {
  const result = spawnSync(executable, ['-I', '-c', probe], { encoding: 'utf8', timeout: 20_000 });
  if (result.status !== 0) return null;
  return /** @type {Python} */ (JSON.parse(result.stdout));
}

/**
 * What a person does about a missing or incomplete Python.
 * @param {Python | null} python
 */
export function pythonAdvice(python) {
  const version = python?.version ?? '3.11';
  const packages = debianPackages(version).join(' ');
  return `install Python 3.11 or 3.12 with venv and its shared library (Debian, Ubuntu: apt-get install ${packages}), or set WINDLASS_PYTHON to such an interpreter`;
}

/** @param {string} version */
function debianPackages(version) {
  return [`python${version}`, `python${version}-venv`, `libpython${version}`];
}

/**
 * A complete Python; what Debian splits off is installed where we may.
 * @returns {Python}
 * @throws {BootstrapError} where a person has to install it
 */
export function ensurePython() {
  const found = findPython();
  if (found !== null && isComplete(found)) return found;
  if (mayInstallPackages()) installPackages(found === null ? supported : [found.version]);
  const installed = findPython();
  if (installed !== null && isComplete(installed)) return installed;
  throw new BootstrapError(`${describePython(installed)}: ${pythonAdvice(installed)}`);
}

/** @param {Python | null} python */
export function describePython(python) {
  if (python === null) return 'no Python 3.11 or 3.12 found';
  const missing = [
    ...(python.hasVenv ? [] : ['venv']),
    ...(python.libpythonDirectory === null ? [`libpython${python.version}.so.1.0`] : []),
  ];
  return missing.length === 0
    ? `${python.version} at ${python.executable}`
    : `${python.executable} lacks ${missing.join(' and ')}`;
}

function mayInstallPackages() {
  return process.getuid?.() === 0 && fs.existsSync('/usr/bin/apt-get') && process.env['WINDLASS_PYTHON'] === undefined;
}

/** @param {readonly string[]} versions */
function installPackages(versions) {
  process.stderr.write('windlass set-up: installing Python packages with apt-get\n');
  apt(['update']);
  for (const version of versions) {
    if (apt(['install', '--yes', '--no-install-recommends', ...debianPackages(version)])) return;
  }
}

/** @param {readonly string[]} args */
function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return (
    spawnSync('/usr/bin/apt-get', ['-q', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env, timeout: 300_000 })
      .status === 0
  );
}
