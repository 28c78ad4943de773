import { globSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';

import { DeterminismViolationError } from '@temporalio/workflow';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';

import { workflowTypes } from '../../src/contracts/names.ts';
import { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import type { RecordedEvent, RecordedHistory } from './recorded-history.ts';
import { calledActivities, historyNames, readableText, readHistory } from './recorded-history.ts';
import type { RecordedOutcome } from './recorded-outcomes.ts';
import { recordedOutcomes, recordedPhases } from './recorded-outcomes.ts';

const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
const repository = fileURLToPath(new URL('../../', import.meta.url));
let workflowBundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
  workflowBundle = await bundleWorkflows({ workflowsPath, logger: new DefaultLogger('ERROR') });
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
      const violation: unknown = await replay(withOtherActivity(readHistory(name))).catch((error: unknown) => error);
      expect(violation).toBeInstanceOf(DeterminismViolationError);
      const { message } = violation as DeterminismViolationError;
      process.stdout.write(`${name} with another activity: ${message}\n`);
      expect(message).toMatch(/Nondeterminism error: Activity type of scheduled event 'somethingElse' does not match/u);
    },
  );

  test.each(historyNames())('%s tells nothing of the machine it was recorded on', (name) => {
    const text = readableText(readHistory(name));
    for (const trace of [repository, hostname(), 'node_modules', '/home/', '/root/', '/tmp/', '.ts:']) {
      expect(text).not.toContain(trace);
    }
  });
});

const outcomes = Object.entries<RecordedOutcome>(recordedOutcomes);

const ends: Readonly<Record<string, RecordedOutcome['end']>> = {
  EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: 'completed',
  EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: 'failed',
  EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: 'canceled',
  EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: 'continued-as-new',
};

/** Failures that workflows raise by themselves: `failWith({ name: 'RunRejected', …`. */
function failuresRaised(): ReadonlySet<string> {
  const sources = globSync('src/workflows/**/*.ts', { cwd: repository }).map((path) =>
    readFileSync(`${repository}${path}`, 'utf8'),
  );
  const raised = sources.flatMap((source) => [...source.matchAll(/failWith\(\{\s*name: '(\w+)'/gu)]);
  return new Set(raised.flatMap(([, name]) => name ?? []));
}

describe('the outcomes that are recorded', () => {
  test('are those of the table, no file more or less', () => {
    expect(historyNames()).toEqual(outcomes.map(([name]) => `${name}.json`).toSorted());
    process.stdout.write(
      `${outcomes.length} histories of ${new Set(outcomes.map(([, row]) => row.workflow)).size} workflows\n`,
    );
  });

  test.each(outcomes)('%s went and ended as the table says', (name, outcome) => {
    const history = readHistory(`${name}.json`);
    const [first] = history.events;
    const last = history.events.at(-1);
    expect(first?.workflowExecutionStartedEventAttributes?.workflowType.name).toBe(outcome.workflow);
    expect(ends[last?.eventType ?? ''] ?? 'open').toBe(outcome.end);
    expect(last?.workflowExecutionFailedEventAttributes?.failure.applicationFailureInfo?.type).toBe(outcome.failure);
    expect(calledActivities(history).slice(-outcome.turn.length || Infinity)).toEqual(outcome.turn);
  });

  test('are there of every way in which a run ends', () => {
    for (const [phase, names] of Object.entries(recordedPhases)) {
      process.stdout.write(`${phase}: ${names.join(', ')}\n`);
      expect(names.length).toBeGreaterThan(0);
    }
  });

  test('are there of every workflow', () => {
    expect(new Set(outcomes.map(([, { workflow }]) => workflow))).toEqual(new Set(Object.keys(workflowTypes)));
  });

  test('are there of every failure that a workflow raises', () => {
    const recorded = new Set<string | undefined>(outcomes.map(([, { failure }]) => failure));
    const missing = [...failuresRaised()].filter((name) => !recorded.has(name));
    expect(missing).toEqual([]);
  });
});
