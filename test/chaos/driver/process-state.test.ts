import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { expect, test, vi } from 'vitest';

import { isAtWork } from './process-state.ts';

test('a process is at work until it is stopped, again when it goes on, and not when it is gone', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  expect(isAtWork(pid)).toBe(true);
  child.kill('SIGSTOP');
  await vi.waitFor(() => expect(isAtWork(pid)).toBe(false));
  child.kill('SIGCONT');
  await vi.waitFor(() => expect(isAtWork(pid)).toBe(true));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAtWork(pid)).toBe(false);
});
