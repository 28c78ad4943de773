import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { traceparentOf } from '../../src/adapters/trace-context.ts';

const run = { runId: 'glossary-1', jobName: 'train-0123456789abcdef-glossary-1-1' };

function isAllowed(text: string): boolean {
  const traceparent = traceparentOf({ runId: text, jobName: text });
  return /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/u.test(traceparent);
}

describe('the trace context of a job', () => {
  it('can be computed by anybody who knows the run and the name of the job', () => {
    // printf glossary-1 | sha256sum | head -c 32; printf train-… | sha256sum | head -c 16
    expect(traceparentOf(run)).toBe('00-da354fbe1be335299d26c59911efebf3-b8b8725ec7056862-01');
  });

  it('has the trace of the run, and a span of each attempt', () => {
    const [first, second] = [run, { ...run, jobName: 'train-0123456789abcdef-glossary-1-2' }].map(traceparentOf);
    expect(second?.slice(0, 35)).toBe(first?.slice(0, 35));
    expect(second).not.toBe(first);
  });

  it('is one that W3C allows, whatever the names are', () => {
    assert(property(string(), isAllowed));
  });
});
