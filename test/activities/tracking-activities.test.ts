import { describe, expect, test } from 'vitest';

import { createTrackingActivities, flatParameters } from '../../src/activities/tracking-activities.ts';
import { createFakeRegistry, createFakeTracking } from '../fakes/fake-tracking.ts';

const tracking = createFakeTracking();
const registry = createFakeRegistry();
const activities = createTrackingActivities({ tracking, registry });

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
    const run = await activities.openTrackingRun({
      model: 'm',
      runId: 'r',
      tags: {},
      parameters: { train: { steps: 3 } },
    });
    expect(run.trackingRunId).toBe('mlflow-r');
    expect(tracking.parameters).toEqual({ 'train.steps': '3' });
  });

  test('holds a stage’s metrics under the stage’s name', async () => {
    await activities.logStageMetrics({
      trackingRunId: 'mlflow-r',
      stage: 'convert',
      metrics: { seconds: 4 },
      timeMs: 9,
    });
    expect(tracking.points).toEqual([{ name: 'final/convert_seconds', value: 4, step: 0, timeMs: 9 }]);
  });

  test.each([
    ['production', ['previous', 'champion']],
    ['staging', ['previous-staging', 'champion-staging']],
  ])('names what is live on %s, the new one last', async (target, [previous, champion]) => {
    registry.aliases.length = 0;
    await activities.moveAliases({ model: 'm', target, champion: 3, previous: null });
    expect(registry.aliases).toEqual([
      [previous, null],
      [champion, 3],
    ]);
  });
});
