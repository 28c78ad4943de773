import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { findInstallation } from '../../src/stack/installation.ts';
import { childrenMs } from '../lab/processes.ts';
import type { System, Systems } from './measure.ts';
import { systemNames } from './system-names.ts';

const execute = promisify(execFile);
const { root, python } = findInstallation();
const lock = fileURLToPath(new URL('metaflow/requirements.lock', import.meta.url));
const flow = fileURLToPath(new URL('metaflow/flow.py', import.meta.url));
const maxRepeats = 3;

/** Metaflow's local runner with its local datastore and metadata, as `python flow.py run` has them. */
export async function openMetaflow(): Promise<Systems> {
  const interpreter = await installMetaflow();
  const folder = mkdtempSync(join(tmpdir(), 'windlass-metaflow-'));
  return {
    systems: [metaflowSystem(interpreter, folder)],
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

function metaflowSystem(interpreter: string, folder: string): System {
  return {
    name: systemNames.metaflow,
    maxRepeats,
    durableSteps: async () => 7,
    processorMs: async () => childrenMs(process.pid),
    run: async () => {
      const env = { PATH: process.env['PATH'], HOME: folder, METAFLOW_HOME: folder, USERNAME: 'bench' };
      await execute(interpreter, [flow, '--quiet', '--no-pylint', 'run'], { cwd: folder, env });
    },
  };
}

/** Its Python packages in an environment of their own, by hash; made once for each lock. */
async function installMetaflow(): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 12);
  const venv = join(root, '.bench', `metaflow-${digest}`);
  const interpreter = join(venv, 'bin', 'python');
  if (existsSync(join(venv, 'complete'))) return interpreter;
  const uv = join(root, '.venv-uv', 'bin', 'uv');
  await execute(uv, ['venv', '--clear', '--python', python, venv]);
  await execute(uv, ['pip', 'sync', '--python', interpreter, '--require-hashes', lock]);
  await execute('touch', [join(venv, 'complete')]);
  return interpreter;
}
