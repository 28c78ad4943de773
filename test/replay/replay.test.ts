import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';

import { DeterminismViolationError } from '@temporalio/workflow';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';

import { workflowTypes } from '../../src/contracts/names.ts';
import type { RecordedEvent, RecordedHistory } from './recorded-history.ts';
import { historyNames, readableText, readHistory } from './recorded-history.ts';

const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
const repository = fileURLToPath(new URL('../../', import.meta.url));
let workflowBundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
});

async function replay(history: RecordedHistory): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle }, history);
}

/** The history as it would be had the workflow called another activity first. */
function withOtherActivity(history: RecordedHistory): RecordedHistory {
  const first = history.events.find(({ activityTaskScheduledEventAttributes }) => activityTaskScheduledEventAttributes);
  const events = history.events.map((event): RecordedEvent => {
    const { activityTaskScheduledEventAttributes: scheduled } = event;
    if (event !== first || scheduled === undefined) return event;
    return {
      ...event,
      activityTaskScheduledEventAttributes: { ...scheduled, activityType: { name: 'somethingElse' } },
    };
  });
  return { events };
}

describe('recorded histories', () => {
  test.each(historyNames())('%s replays with the workflows as they are', async (name) => {
    await expect(replay(readHistory(name))).resolves.toBeUndefined();
  });

  test.each(['llm-pipeline-released.json', 'rollback-model.json'])(
    '%s fails where it calls another activity',
    async (name) => {
      await expect(replay(withOtherActivity(readHistory(name)))).rejects.toBeInstanceOf(DeterminismViolationError);
    },
  );

  test('are there of every workflow', () => {
    const recorded = historyNames().map(
      (name) => /"workflowType":\{"name":"(\w+)"/u.exec(readableText(readHistory(name)))?.[1],
    );
    expect(new Set(recorded)).toEqual(new Set(Object.values(workflowTypes)));
  });

  test.each(historyNames())('%s tells nothing of the machine it was recorded on', (name) => {
    const text = readableText(readHistory(name));
    for (const trace of [repository, hostname(), 'node_modules', '/home/', '/root/', '/tmp/', '.ts:']) {
      expect(text).not.toContain(trace);
    }
  });
});
