import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { findInstallation } from '../../src/stack/installation.ts';
import { makeHome, removeHome } from './run-stack.ts';

it('a reader that goes before the command has ended, such as head, is no failure', async () => {
  const home = await makeHome();
  const { node, stackMain } = findInstallation();
  try {
    const command = spawn(node, [stackMain, 'down', '--home', home.directory], { stdio: ['ignore', 'pipe', 'pipe'] });
    command.stdout.destroy();
    const [said, [status]] = await Promise.all([text(command.stderr), once(command, 'exit')]);
    expect({ said, status }).toEqual({ said: '', status: 0 });
  } finally {
    await removeHome(home);
  }
});
