import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { WindlassClient } from '../../../src/client/windlass-client.ts';
import { repositoryFile } from '../../adapters/platform/test-platform.ts';
import type { Faults } from '../../fakes/fake-world.ts';
import { createFakeWorld } from '../../fakes/fake-world.ts';
import type { WorkflowLab } from '../../workflows/workflow-lab.ts';
import { openWorkflowLab } from '../../workflows/workflow-lab.ts';
import { checkingWorld, untilWaiting } from '../checking-world.ts';

let lab: WorkflowLab;
let client: WindlassClient;
let address = '';
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windlass-client-'));
  lab = await openWorkflowLab('dev-server');
  address = lab.environment.connection.options.address;
  client = await WindlassClient.connect({ address });
});
afterAll(async () => {
  await client.close();
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const input = { model: 'glossary', preset: 'quickstart' };

interface Called {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function windlass(...args: readonly string[]): Promise<Called> {
  const main = repositoryFile('src/client/cli/main.ts');
  const env = { ...process.env, TEMPORAL_ADDRESS: address, WINDLASS_HOME: join(folder, 'home') };
  const child = spawn(repositoryFile('node_modules/.bin/node'), [main, ...args], { env, cwd: folder });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [status] = (await once(child, 'close')) as [number];
  return { status, stdout: stdout(), stderr: stderr() };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (part: Buffer) => (text += part.toString()));
  return () => text;
}

function inputFile(name: string, content: unknown): string {
  writeFileSync(join(folder, name), JSON.stringify(content));
  return name;
}

async function inWorld<Result>(faults: Faults, use: () => Promise<Result>): Promise<Result> {
  return lab.inWorld(createFakeWorld(faults), use);
}

describe('the command line', () => {
  test('runs to the end with plain lines and says what is live', async () => {
    const file = inputFile('run.json', input);
    const { status, stdout } = await inWorld({}, () => windlass('run', file, '--wait', '--id', 'g-plain'));
    expect(status).toBe(0);
    expect(stdout).toContain('g-plain: released');
    expect(stdout).toContain('glossary version 1 is live on production');
  });

  test('prints one JSON document on stdout and nothing else there', async () => {
    const file = inputFile('run.json', input);
    await inWorld({}, async () => {
      const ran = await windlass('run', file, '--wait', '--json', '--id', 'g-json');
      expect(JSON.parse(ran.stdout)).toMatchObject({ runId: 'g-json', version: 1 });
      expect(ran.stderr).toContain('released');
      const shown = await windlass('status', 'g-json', '--json');
      expect(JSON.parse(shown.stdout)).toMatchObject({ phase: 'released' });
    });
  });

  test('takes what earlier runs have made, unless it is told not to', async () => {
    const file = inputFile('run.json', input);
    const world = createFakeWorld({ reused: true });
    await lab.inWorld(world, async () => {
      await windlass('run', file, '--wait');
      expect(world.submitted).toEqual([]);
      const anew = await windlass('run', file, '--wait', '--no-reuse');
      expect(anew.status).toBe(0);
      expect(world.submitted.map(({ isolated }) => isolated)).toEqual([true, true, true, true, true]);
    });
  });

  test('says with whom a stage was shared', async () => {
    const file = inputFile('run.json', input);
    const { stdout } = await inWorld({ reused: true, sharedWith: 'g-first' }, () => windlass('run', file, '--wait'));
    expect(stdout).toMatch(/train reused in .*: shared with run g-first · validation loss/);
  });

  test('ends with 1 and the failure when the run fails', async () => {
    const file = inputFile('run.json', input);
    const violations = ['ttft p95 3100 ms is over 3000 ms'];
    const ran = await inWorld({ smokeViolations: violations }, () => windlass('run', file, '--wait', '--json'));
    expect(ran.status).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      failure: { name: 'SmokeTestFailed', message: expect.stringContaining('3100 ms') },
      status: { phase: 'failed' },
    });
  });

  test('names every wrong field of the input', async () => {
    const file = inputFile('wrong.json', { ...input, trian: 1 });
    const ran = await lab.inWorld(checkingWorld(), () => windlass('run', file));
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toContain('error: trian: unknown field; did you mean "train"?');
    expect(ran.stderr).not.toContain('    at ');
  });

  test('approves what waits, under the name that is given', async () => {
    await inWorld({ approvalRequired: true }, async () => {
      const { runId } = await client.start(input);
      await untilWaiting(client, runId);
      const approved = await windlass('approve', runId, '--as', 'grace', '--comment', 'reads well');
      expect(approved.stdout).toContain(`approved ${runId} as grace`);
      await client.wait(runId);
      expect((await client.status(runId)).decision).toMatchObject({ by: 'grace', comment: 'reads well' });
      const again = await windlass('approve', runId);
      expect(again).toMatchObject({ status: 1 });
      expect(again.stderr).toContain('is not waiting for a decision; it is released');
    });
  });

  test('rolls back and compares', async () => {
    await inWorld({ live: [1, 2] }, async () => {
      const back = await windlass('rollback', '--target', 'production', '--model', 'glossary', '--json');
      expect(JSON.parse(back.stdout)).toMatchObject({ kind: 'released', release: { version: 1 } });
      const compared = await windlass('compare', 'g-plain', 'g-json');
      expect(compared.stdout).toMatch(/^run +g-plain +g-json$/m);
    });
  });
});
