import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withLock } from '../../../src/adapters/triton/lock.ts';

const lock = join(import.meta.dirname, '../../../src/adapters/triton/lock.ts');

test('works with one key follow each other', async () => {
  const key = randomUUID();
  const events: string[] = [];
  const work = async (name: string): Promise<void> => {
    events.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    events.push(`${name} ends`);
  };
  const options = { key, what: 'the thing', timeoutMs: 5_000 };
  await Promise.all(['a', 'b', 'c'].map(async (name) => withLock(options, async () => work(name))));
  const pairs = [0, 2, 4].map((index) => events.slice(index, index + 2).map((event) => event.split(' ')[0]));
  expect(pairs.every(([begun, ended]) => begun === ended)).toBe(true);
});

test('a work that fails gives the lock back', async () => {
  const options = { key: randomUUID(), what: 'the thing', timeoutMs: 1_000 };
  await expect(withLock(options, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(options, async () => 'free')).toBe('free');
});

test('a lock of another process is waited for, and free once that process is killed', async () => {
  const key = randomUUID();
  const script = `import { withLock } from ${JSON.stringify(lock)};
    await withLock({ key: ${JSON.stringify(key)}, what: 'x', timeoutMs: 1000 }, async () => {
      console.log('held');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const other = spawn(process.execPath, ['--input-type=module-typescript', '-e', script]);
  await once(other.stdout, 'data');
  const busy = withLock({ key, what: 'replica a', timeoutMs: 60 }, async () => 'mine');
  await expect(busy).rejects.toMatchObject({ failure: 'Unavailable' });
  other.kill('SIGKILL');
  expect(await withLock({ key, what: 'replica a', timeoutMs: 5_000 }, async () => 'mine')).toBe('mine');
});
