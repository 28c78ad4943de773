import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { MarkedProcess } from '../../src/stack/process-marks.ts';
import { findMarked, markOf, markVariable, parseMark, parseStartTicks } from '../../src/stack/process-marks.ts';
import { chooseSupervisor } from '../../src/stack/stop-stack.ts';
import { stopProcesses } from '../../src/stack/stop-processes.ts';

const home = `/srv/windlass-${process.pid}`;

describe('the marks of a stack', () => {
  it('are read from the environment, with the job apart from the worker that started it', () => {
    const environ = ['A=1', `${markVariable}=${markOf('/h', 'jobs-worker')}`, 'WINDLASS_JOB=/h/jobs/x'].join('\0');
    expect(parseMark(environ, '/h')).toEqual({ server: 'jobs-worker', isJob: true });
  });

  it('of another home are none of ours', () => {
    expect(parseMark(`${markVariable}=${markOf('/h2', 'temporal')}`, '/h')).toBeNull();
  });

  it('tell the start of a process whose name has spaces and parentheses', () => {
    const fields = Array.from({ length: 30 }, (_, index) => `${index + 4}`).join(' ');
    expect(parseStartTicks(`7 (a) b) S ${fields}`)).toBe(22);
  });

  it('do not count a process that has ended', () => {
    expect(parseStartTicks('7 (a) Z 1 2 3')).toBeNull();
    expect(parseStartTicks('')).toBeNull();
  });

  it('find a running process and its children, until they are stopped by force where they refuse', async () => {
    const script = 'trap "" TERM; sleep 60 & echo started; wait; wait';
    const shell = spawn('sh', ['-c', script], {
      env: { PATH: '/usr/bin:/bin', [markVariable]: markOf(home, 'stubborn') },
    });
    await once(shell.stdout, 'data');
    const marked = await vi.waitFor(async () => {
      const found = await findMarked(home);
      expect(found.map(({ server }) => server)).toEqual(['stubborn', 'stubborn']);
      return found;
    });
    expect(await stopProcesses(marked, { signal: 'SIGTERM', timeoutMs: 200 })).toEqual([]);
    expect(await findMarked(home)).toEqual([]);
  });
});

function entry(pid: number, startTicks: number): MarkedProcess {
  return { pid, startTicks, server: 'supervisor', isJob: false };
}

describe('of several supervisors', () => {
  it('the oldest stays', () => {
    expect(chooseSupervisor([entry(9, 50), entry(30, 40), entry(20, 40)])?.pid).toBe(20);
    expect(chooseSupervisor([{ ...entry(1, 1), server: 'temporal' }])).toBeNull();
  });
});
