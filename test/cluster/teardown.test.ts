import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTeardown } from './teardown.ts';

test('what is up is taken down once, the youngest first, and what is still coming up too', async () => {
  const order: string[] = [];
  const teardown = createTeardown();
  const bringUp = async (name: string, afterMs = 0): ReturnType<typeof teardown.bringUp<string>> =>
    teardown.bringUp(
      async () => delay(afterMs, name),
      async (it) => void order.push(it),
    );
  await bringUp('cluster');
  await bringUp('store');
  const first = await bringUp('first stack');
  await first.down();
  const coming = bringUp('second stack', 50);
  expect(await teardown.downAll()).toEqual([]);
  await coming;
  expect(order).toEqual(['first stack', 'second stack', 'store', 'cluster']);
  await expect(bringUp('late')).rejects.toThrow('all is being taken down');
});

test('what cannot be taken down is told, and the rest goes down', async () => {
  const order: string[] = [];
  const teardown = createTeardown();
  await teardown.bringUp(
    async () => 'cluster',
    async (it) => void order.push(it),
  );
  await teardown.bringUp(
    async () => 'store',
    async () => Promise.reject(new Error('the store stays')),
  );
  const neverUp = teardown.bringUp(
    async () => Promise.reject(new Error('no stack')),
    async () => void order.push('stack'),
  );
  await expect(neverUp).rejects.toThrow('no stack');
  expect(await teardown.downAll()).toEqual([new Error('the store stays')]);
  expect(order).toEqual(['cluster']);
});
