import type { LogLevel, LogMetadata } from '@temporalio/worker';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { pino } from 'pino';

const levels: Readonly<Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** JSON lines on stdout; the SDK's and the core's own lines go the same way. Once per process, before any connection. */
export function installLogger(worker: string): Logger {
  const logger = pino({ base: { worker } });
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => logger[levels[level]](fieldsOf(meta), message)),
    telemetryOptions: { logging: { forward: {}, filter: 'WARN' } },
  });
  return logger;
}

function fieldsOf(meta: LogMetadata | undefined): object {
  const known = ['workflowId', 'runId', 'activityType', 'attempt'].map((name): [string, unknown] => [
    name,
    meta?.[name],
  ]);
  const error: unknown = meta?.['error'];
  return { ...Object.fromEntries(known), ...(error === undefined ? {} : { err: error }) };
}
