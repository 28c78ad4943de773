import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { withoutLeftovers } from '../../src/activities/job-leftovers.ts';
import type { JobHandle } from '../../src/contracts/job.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';

let store: StoreLab;
const output = 'artifacts/checkpoint/0123/run-1';
const ofJob = [
  `${output}/.staging-aa`,
  `${output}/nested/.staging-bb`,
  'checkpoints/0123/step-000000020/train-0123-run-1/.staging-cc',
];
const ofOthers = [
  'artifacts/checkpoint/0123/run-11/.staging-dd',
  'artifacts/checkpoint/0123/other-1/.staging-ee',
  'checkpoints/0123/step-000000020/train-0123-run-11/.staging-ff',
];

beforeEach(async () => {
  store = await openStoreLab();
});
afterEach(async () => store.remove());

async function leave(key: string): Promise<void> {
  await mkdir(dirname(store.fileOf(key)), { recursive: true });
  await writeFile(store.fileOf(key), 'half');
}

test('a job that is removed leaves nothing half written, and all that is whole or of other jobs', async () => {
  const { objects } = store.artifacts;
  const steps: string[] = [];
  const remove = async ({ name }: JobHandle): Promise<void> => {
    for (const key of ofJob) await leave(key);
    steps.push(name);
  };
  for (const key of ofOthers) await leave(key);
  const whole = [`${output}/manifest.json`, 'checkpoints/0123/step-000000020/train-0123-run-1/manifest.json'];
  for (const key of whole) await objects.putIfAbsent(key, Buffer.from('{}'));
  const handle = { name: 'train-0123-run-1', id: '1', outputUri: `${objects.rootUri}/${output}` };

  await withoutLeftovers({ remove }, objects).remove(handle);

  expect(steps).toEqual([handle.name]);
  const unfinished = await Array.fromAsync(objects.listUnfinished(''));
  expect(unfinished.map(({ key }) => key).toSorted()).toEqual(ofOthers.toSorted());
  const kept = await Array.fromAsync(objects.list(''));
  expect(kept.map(({ key }) => key)).toEqual(whole);
});
