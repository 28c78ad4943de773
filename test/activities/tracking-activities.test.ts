import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { TrackingActivities } from '../../src/activities/tracking-activities.ts';
import { createTrackingActivities, flatParameters } from '../../src/activities/tracking-activities.ts';
import { createFakeRegistry, createFakeTracking } from '../fakes/fake-tracking.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';

const tracking = createFakeTracking();
const registry = createFakeRegistry();
let store: StoreLab;
let activities: TrackingActivities;

beforeAll(async () => {
  store = await openStoreLab();
  activities = createTrackingActivities({ tracking, registry, artifacts: store.artifacts });
});
afterAll(async () => store.remove());

test('parameters are flat strings: paths with dots, lists as JSON', () => {
  const parameters = {
    model: 'm',
    train: { lora: { rank: 8, targets: 'all-linear' } },
    tasks: [{ prompt: 'a' }],
    none: null,
  };
  expect(flatParameters(parameters)).toEqual({
    model: 'm',
    'train.lora.rank': '8',
    'train.lora.targets': 'all-linear',
    tasks: '[{"prompt":"a"}]',
    none: 'null',
  });
});

describe('what a run writes into MLflow', () => {
  test('begins with its parameters', async () => {
    await store.writeJson('runs/r/spec.json', { spec: { train: { steps: 3 } } });
    const specUri = `${store.artifacts.objects.rootUri}/runs/r/spec.json`;
    const run = await activities.openTrackingRun({ model: 'm', runId: 'r', tags: {}, specUri });
    expect(run.trackingRunId).toBe('mlflow-r');
    expect(tracking.parameters).toEqual({ 'train.steps': '3' });
  });
});
