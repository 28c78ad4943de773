import {
  closeSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServerState } from '../../src/contracts/stack-state.ts';
import { restartDelayMs } from '../../src/stack/backoff.ts';
import { openLog } from '../../src/stack/log-file.ts';
import { readLogTail } from '../../src/stack/log-tail.ts';
import { phaseOf } from '../../src/stack/supervisor.ts';
import { parseCpuFeatures } from '../../src/stack/triton-files.ts';

describe('restarts', () => {
  it('wait longer after each failure in a row, up to half a minute', () => {
    expect([1, 2, 3, 4, 20].map(restartDelayMs)).toEqual([500, 1000, 2000, 4000, 30_000]);
  });
});

function server(phase: ServerState['phase']): ServerState {
  return { name: 'x', phase, process: null, restarts: 0, logFile: '', readyMs: null };
}

describe('the phase of the stack', () => {
  it('is ready when every server is', () => {
    expect(phaseOf([server('ready'), server('ready')], false)).toBe('ready');
    expect(phaseOf([server('ready'), server('starting')], false)).toBe('starting');
  });

  it('is stopping from the first moment of a stop', () => {
    expect(phaseOf([server('ready')], true)).toBe('stopping');
  });
});

function write(file: string, text: string): void {
  const log = openLog(file);
  writeSync(log, text);
  closeSync(log);
}

describe('logs', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'windlass-logs-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('are appended to, and moved aside when they have grown large', () => {
    const file = join(directory, 'x.log');
    writeFileSync(file, 'old\n');
    write(file, 'new\n');
    expect(readFileSync(file, 'utf8')).toBe('old\nnew\n');
    truncateSync(file, 11 * 1024 * 1024);
    write(file, 'fresh\n');
    expect(readFileSync(file, 'utf8')).toBe('fresh\n');
    expect(statSync(`${file}.1`).size).toBe(11 * 1024 * 1024);
  });

  it('show their last lines; a log that is not there shows none', () => {
    const file = join(directory, 'x.log');
    writeFileSync(file, Array.from({ length: 5000 }, (_, index) => `line ${index}`).join('\n'));
    expect(readLogTail(file).split('\n').at(-1)).toBe('line 4999');
    expect(readLogTail(file).split('\n')).toHaveLength(15);
    expect(readLogTail(join(directory, 'none'))).toBe('');
  });
});

describe('the machine of a target', () => {
  it('has the flags of its processor', () => {
    expect(parseCpuFeatures('processor : 0\nflags\t\t: fpu avx2 fma\nflags\t: x\n')).toEqual(['fpu', 'avx2', 'fma']);
  });
});
