import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BootstrapError } from './paths.mjs';

const tailLines = 25;

/**
 * Runs one step of the set-up with its output in a log file; a failure shows the end of it.
 * @param {{ readonly name: string, readonly logFile: string, readonly cwd: string, readonly argv: readonly string[] }} step
 * @returns {Promise<void>}
 */
export async function runLogged(step) {
  const log = fs.openSync(step.logFile, 'w');
  const [command = '', ...args] = step.argv;
  const child = spawn(command, args, { cwd: step.cwd, stdio: ['ignore', log, log] });
  const status = await exitOf(child);
  fs.closeSync(log);
  if (status === 0) return;
  const tail = fs.readFileSync(step.logFile, 'utf8').trimEnd().split('\n').slice(-tailLines).join('\n');
  throw new BootstrapError(`${step.name} failed (exit ${status}); ${step.logFile} ends with:\n${tail}`);
}

/**
 * Hands over to the command with the clone's own Node and Python first on PATH. A program of the clone is started by its full path:
 * a shell that looked `node` up before the install would still take the machine's.
 * @param {import('./paths.mjs').BootstrapPaths} paths
 * @param {readonly string[]} argv
 * @returns {Promise<number>}
 */
export async function runCommand(paths, argv) {
  const [command = '', ...args] = argv;
  const env = { ...process.env, PATH: [paths.nodeBin, paths.venvBin, process.env['PATH'] ?? ''].join(path.delimiter) };
  const child = spawn(resolveProgram(paths, command), args, { stdio: 'inherit', env });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  return exitOf(child);
}

/**
 * @param {import('./paths.mjs').BootstrapPaths} paths
 * @param {string} command
 */
function resolveProgram(paths, command) {
  const own = [path.join(paths.nodeBin, command), path.join(paths.venvBin, command)];
  return own.find((candidate) => fs.existsSync(candidate)) ?? command;
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>} the exit status, 128 + n for signal n as a shell has it
 */
function exitOf(child) {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new BootstrapError(`cannot start ${child.spawnfile}: ${error.message}`)));
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + os.constants.signals[/** @type {NodeJS.Signals} */ (signal)]),
    );
  });
}
