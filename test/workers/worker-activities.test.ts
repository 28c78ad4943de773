import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Client, Connection } from '@temporalio/client';
import { expect, test } from 'vitest';

import { unmeasured } from '../../src/ports/metrics.ts';
import {
  executionsKnownTo,
  jobsActivities,
  openJobRunner,
  pipelineActivities,
  servingActivities,
} from '../../src/workers/worker-activities.ts';
import type { WorkerContext } from '../../src/workers/worker-context.ts';
import { testPlatform } from '../adapters/kubernetes/kubernetes-platform.ts';
import { unservedPlatform } from '../fakes/platforms.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const workflows = join(repository, 'src/workflows');
const context: WorkerContext = {
  platform: unservedPlatform(),
  payloadKeys: [],
  metricsAddress: null,
  metrics: unmeasured,
  version: null,
  environment: {},
  shutdownGraceTime: '10s',
};
const client = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });

/** Which queue each profile of activity-profiles.ts sends its calls to. */
function queueOfProfile(): ReadonlyMap<string, string> {
  const source = readFileSync(join(workflows, 'activity-profiles.ts'), 'utf8');
  const profiles = source.matchAll(/export const (\w+) = proxyActivities[^;]*?taskQueue: taskQueues\.(\w+)/gu);
  return new Map([...profiles].map(([, profile = '', queue = '']) => [profile, queue]));
}

/** The activities that workflows call on a queue: `profile.activity(` or `profile.activity.executeWithOptions(`. */
function calledOn(queue: string): readonly string[] {
  const profiles = [...queueOfProfile()].filter(([, found]) => found === queue).map(([profile]) => profile);
  const call = new RegExp(`\\b(?:${profiles.join('|')})\\.(\\w+)(?:\\(|\\.executeWithOptions)`, 'gu');
  const sources = readdirSync(workflows, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const calls = sources.flatMap((name) => [...readFileSync(join(workflows, name), 'utf8').matchAll(call)]);
  return [...new Set(calls.map(([, activity = '']) => activity))].toSorted();
}

test.each([
  ['pipeline', pipelineActivities(context, client)],
  ['jobs', jobsActivities(context, { ...(await openJobRunner(context)), executions: executionsKnownTo(client) })],
  ['serving', servingActivities(context)],
])('the %s worker has every activity that workflows call on its queue, and no other', (queue, activities) => {
  const called = calledOn(queue);
  expect(called.length).toBeGreaterThan(3);
  expect(Object.keys(activities).toSorted()).toEqual(called);
});

test('the runner of a platform with Kubernetes needs a kubeconfig, or a pod to run in', async () => {
  const platform = { ...context.platform, jobs: testPlatform };
  await expect(openJobRunner({ ...context, platform })).rejects.toThrow(/jobs\.kubeconfig is not set/u);
  const jobs = { ...testPlatform, kubeconfig: '/nowhere/config' };
  await expect(openJobRunner({ ...context, platform: { ...platform, jobs } })).rejects.toThrow(/\/nowhere\/config/u);
});
