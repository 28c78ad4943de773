import { CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';

import { toAskError } from '../../../src/client/cli/ask-error.ts';
import {
  CommandFailed,
  errorDocument,
  errorText,
  exitStatusOf,
  UsageError,
} from '../../../src/client/cli/exit-status.ts';
import { WindlassError } from '../../../src/client/windlass-error.ts';
import { TritonCallError } from '../../../src/protocols/triton/call-error.ts';

const refused = new WindlassError('InvalidSpec', 'target: found "moon" (string); expected "staging"', {
  issues: [{ path: 'target', found: '"moon" (string)', expected: '"staging"' }],
});
const unreachable = new WindlassError('ServerUnreachable', 'Temporal does not answer at 127.0.0.1:1');

describe('the exit status', () => {
  test.each([
    ['a failed run', refused, 1],
    ['a failed run with context', new CommandFailed(refused, { runId: 'g-1' }), 1],
    ['an unknown error', new Error('?'), 1],
    ['a wrong command line', new CommanderError(1, 'commander.unknownCommand', 'unknown command'), 2],
    ['help', new CommanderError(0, 'commander.help', ''), 0],
    ['an unreadable input', new UsageError('cannot read'), 2],
    ['a server that does not answer', unreachable, 3],
    ['a run lost out of sight', new CommandFailed(unreachable, {}), 3],
  ])('of %s is told', (_what, error, status) => expect(exitStatusOf(error)).toBe(status));
});

describe('an error', () => {
  test('is a clear line and what to do, without a stack', () => {
    expect(errorText(new CommandFailed(unreachable, {}), { debug: false })).toBe(
      'error: Temporal does not answer at 127.0.0.1:1\n' +
        '  ServerUnreachable: Start the servers with "windlass up", or check the address; "windlass doctor" says more.',
    );
  });

  test('shows its stack and causes when they are asked for', () => {
    const text = errorText(new Error('outer', { cause: new Error('inner') }), { debug: true });
    expect(text).toContain('exit-status.test.ts');
    expect(text).toContain('caused by: Error: inner');
  });

  test('is a document for scripts, with the wrong fields of the input', () => {
    expect(errorDocument(new CommandFailed(refused, { runId: 'g-1' }))).toEqual({
      runId: 'g-1',
      failure: {
        name: 'InvalidSpec',
        message: refused.message,
        advice: refused.advice,
        issues: [{ path: 'target', found: '"moon" (string)', expected: '"staging"' }],
      },
    });
  });
});

function call(status: TritonCallError['status'], reason: string): TritonCallError {
  return new TritonCallError({ status, method: 'ModelStreamInfer', reason });
}

describe('a question without an answer', () => {
  const asked = { target: 'production', model: 'glossary' };
  test.each([
    [call('UNAVAILABLE', 'No connection established'), 'ServerUnreachable'],
    [call('DEADLINE_EXCEEDED', 'too slow'), 'ServerUnreachable'],
    [call('IN_STREAM', "Request for unknown model: 'glossary' is not found"), 'NotFound'],
    [call('UNAVAILABLE', "Request for unknown model: 'glossary' has no available versions"), 'NotFound'],
    [call('IN_STREAM', 'prompt is longer than 1024 tokens'), 'Unexpected'],
  ])('is named: %s', (error, failure) => expect(toAskError(error, asked)).toMatchObject({ failure }));
});
