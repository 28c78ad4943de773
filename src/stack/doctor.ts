import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { isPortFree } from './free-ports.ts';
import type { Installation } from './installation.ts';
import { readJsonFile } from './json-file.ts';
import { parsePortPlan, portsOf } from './port-plan.ts';
import type { MarkedProcess } from './process-marks.ts';
import { findMarked } from './process-marks.ts';
import { probePython } from './python-environment.ts';
import { tritonDirectory } from './servers/triton-server.ts';
import type { StackHome } from './stack-home.ts';
import { readState } from './state-file.ts';
import { chooseSupervisor } from './stop-stack.ts';

const doctorCheck = z.object({
  name: z.string(),
  /** `install`: missing, and the set-up installs it; `missing`: a person has to act. */
  status: z.enum(['ok', 'install', 'missing']),
  found: z.string(),
  advice: z.string(),
});

export type DoctorCheck = z.infer<typeof doctorCheck>;

/** Everything the stack needs of this machine and this home; starts and changes nothing. */
export async function examine(installation: Installation, home: StackHome): Promise<readonly DoctorCheck[]> {
  const marked = await findMarked(home.directory);
  return [
    ...(await examineMachine(installation)),
    ...(await examinePrograms(installation)),
    await examinePorts(home, marked),
    examineState(home, marked),
    examineLeftovers(marked),
  ];
}

/** The same checks the set-up makes, by the set-up's own program. */
async function examineMachine(installation: Installation): Promise<readonly DoctorCheck[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [installation.bootstrap, '--check'], {
    timeout: 60_000,
  });
  return z.array(doctorCheck).parse(JSON.parse(stdout));
}

async function examinePrograms(installation: Installation): Promise<readonly DoctorCheck[]> {
  const python = await probePython(installation.python).catch(() => null);
  const triton = python === null ? 'tritonserver' : join(tritonDirectory(python), 'bin', 'tritonserver');
  return [
    programCheck('program temporal', installation.temporal),
    programCheck('program mlflow', installation.mlflow),
    programCheck('program tritonserver', triton),
    python === null
      ? missing(
          'libpython',
          `none for ${installation.python}`,
          'install the shared library of that Python, then run: node scripts/bootstrap.mjs',
        )
      : passed('libpython', python.libpythonDirectory),
  ];
}

function programCheck(name: string, file: string): DoctorCheck {
  try {
    accessSync(file, constants.X_OK);
    return passed(name, file);
  } catch {
    return { name, status: 'install', found: `no ${file}`, advice: 'run: node scripts/bootstrap.mjs' };
  }
}

async function examinePorts(home: StackHome, marked: readonly MarkedProcess[]): Promise<DoctorCheck> {
  const plan = parsePortPlan(readJsonFile(home.portsFile));
  if (plan === null) return passed('ports', 'not chosen yet');
  if (marked.length > 0) return passed('ports', 'in use by this stack');
  const free = await Promise.all(portsOf(plan).map(isPortFree));
  const taken = portsOf(plan).filter((_, index) => free[index] !== true);
  return passed(
    'ports',
    taken.length === 0 ? 'free' : `${taken.join(', ')} taken by others: the next up chooses new ones`,
  );
}

function examineState(home: StackHome, marked: readonly MarkedProcess[]): DoctorCheck {
  const state = readState(home.stateFile);
  const supervisor = chooseSupervisor(marked);
  if (supervisor === null)
    return passed('stack', state === null ? 'not running' : 'not running (left by a crash: the next up repairs it)');
  const unready = state?.servers.filter((server) => server.phase !== 'ready').map((server) => server.name) ?? [];
  if (unready.length === 0) return passed('stack', `running, supervisor ${supervisor.pid}`);
  return missing('stack', `not ready: ${unready.join(', ')}`, `wait, or read their logs in ${home.logs}`);
}

function examineLeftovers(marked: readonly MarkedProcess[]): DoctorCheck {
  if (marked.length === 0 || chooseSupervisor(marked) !== null) return passed('leftovers', 'none');
  const names = marked.map((entry) => `${entry.server} (${entry.pid})`).join(', ');
  return missing(
    'leftovers',
    `without a supervisor: ${names}`,
    'run: windlass up (stops them and starts afresh) or windlass down',
  );
}

function passed(name: string, found: string): DoctorCheck {
  return { name, status: 'ok', found, advice: '' };
}

function missing(name: string, found: string, advice: string): DoctorCheck {
  return { name, status: 'missing', found, advice };
}

/** A table; what is missing says what to do. */
export function formatChecks(checks: readonly DoctorCheck[]): string {
  const width = Math.max(...checks.map((entry) => entry.name.length));
  return checks.map((entry) => formatCheck(entry, width)).join('\n');
}

function formatCheck({ name, status, found, advice }: DoctorCheck, width: number): string {
  const line = `${status === 'ok' ? '✔' : '✖'} ${name.padEnd(width)}  ${found}`;
  return advice === '' ? line : `${line}\n  ${' '.repeat(width)}  → ${advice}`;
}
