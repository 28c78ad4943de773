import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { writeJsonFile } from './json-file.ts';
import type { PythonEnvironment } from './python-environment.ts';
import { shmPrefix, tritonDirectory } from './servers/triton-server.ts';
import type { StackHome } from './stack-home.ts';
import { targetHome } from './stack-home.ts';

const sharedMemory = '/dev/shm';

/**
 * The python backend's directory: the package has one stub per Python version and expects the right one beside the backend. Links
 * instead of copies, made anew each time, because the package may have been updated.
 */
export function linkTritonBackends(home: StackHome, python: PythonEnvironment): void {
  const source = tritonDirectory(python);
  const target = join(home.tritonBackends, 'python');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const backend = readdirSync(join(source, 'backends', 'python')).map((name) =>
    join(source, 'backends', 'python', name),
  );
  const stub = join(source, 'python_backend_stubs', python.version, 'triton_python_backend_stub');
  for (const file of [...backend, stub]) symlinkSync(file, join(target, file.slice(file.lastIndexOf('/') + 1)));
}

/** The secret of a target's restricted repository protocol: made once, readable by its owner only. */
export function ensureSecret(secretFile: string): string {
  const existing = existsSync(secretFile) ? readFileSync(secretFile, 'utf8').trim() : '';
  if (existing === '') writeFileSync(secretFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  chmodSync(secretFile, 0o600);
  return readFileSync(secretFile, 'utf8').trim();
}

/** For each target the machine that serves it, as a deployer compares it with an engine's manifest. */
export function writeMachineFiles(home: StackHome, targets: readonly string[], python: PythonEnvironment): void {
  const cpuFeatures = parseCpuFeatures(readFileSync('/proc/cpuinfo', 'utf8'));
  for (const target of targets) {
    writeJsonFile(targetHome(home, target).machineFile, { runtimeVersions: python.runtimeVersions, cpuFeatures });
  }
}

/** Flags of the first processor in /proc/cpuinfo. */
export function parseCpuFeatures(cpuinfo: string): readonly string[] {
  const flags = /^flags\s*:\s*(.*)$/m.exec(cpuinfo)?.[1] ?? '';
  return flags.split(' ').filter((flag) => flag !== '');
}

/** Shared memory that killed servers of this stack could not remove. */
export function removeSharedMemory(home: StackHome): void {
  const prefix = shmPrefix(home);
  for (const name of readdirSync(sharedMemory)) {
    if (name.startsWith(prefix)) rmSync(join(sharedMemory, name), { force: true });
  }
}
