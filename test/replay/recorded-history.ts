import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Recorded runs of every workflow, one JSON file each, as the Temporal UI and `temporal workflow show -o json` give them. */
export const historiesFolder = new URL('histories/', import.meta.url);

export interface RecordedHistory {
  readonly events: readonly RecordedEvent[];
}

export interface RecordedEvent {
  readonly eventType: string;
  readonly workflowExecutionStartedEventAttributes?: { readonly workflowType: { readonly name: string } };
  readonly workflowExecutionFailedEventAttributes?: { readonly failure: RecordedFailure };
  readonly activityTaskScheduledEventAttributes?: { readonly activityType: { readonly name: string } };
}

export interface RecordedFailure {
  readonly applicationFailureInfo?: { readonly type: string };
}

export function historyNames(): readonly string[] {
  return readdirSync(fileURLToPath(historiesFolder)).toSorted();
}

export function readHistory(name: string): RecordedHistory {
  return JSON.parse(readFileSync(new URL(name, historiesFolder), 'utf8')) as RecordedHistory;
}

/** The activities that were called, in their order. */
export function calledActivities({ events }: RecordedHistory): readonly string[] {
  return events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled === undefined ? [] : [scheduled.activityType.name],
  );
}

/** What a replay does not look at, or what belongs to the machine. */
const dropped = new Set([
  'header',
  'heartbeatTimeout',
  'historySizeBytes',
  'identity',
  'meteringMetadata',
  'requestId',
  'retryPolicy',
  'scheduleToCloseTimeout',
  'scheduleToStartTimeout',
  'stackTrace',
  'startToCloseTimeout',
  'taskId',
  'useWorkflowBuildId',
  'userMetadata',
  'workerVersion',
  'workflowTaskCompletedEventId',
]);

/** One event a line, small, and without what belongs to the machine it was recorded on: process names and stack traces. */
export function portableJson(historyJson: string): string {
  const { events } = JSON.parse(historyJson, function keep(this: object, key, value: unknown) {
    const isOfActivity = 'activityType' in this && (key === 'input' || key === 'taskQueue');
    const isOfTask =
      key === 'taskQueue' && Object.keys(this).every((name) => name === 'taskQueue' || name === 'attempt');
    if (dropped.has(key) || isOfActivity || isOfTask) return undefined;
    return typeof value === 'string' ? value.replaceAll(`${process.pid}@${hostname()}`, 'worker') : value;
  }) as RecordedHistory;
  return `{"events":[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]}\n`;
}

/** Everything in a history that can be read, payloads and all. */
export function readableText(history: RecordedHistory): string {
  return JSON.stringify(history, (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : value,
  );
}
