import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { WindlassClient } from '../../../src/client/windlass-client.ts';
import type { Faults } from '../../fakes/fake-world.ts';
import { createFakeWorld } from '../../fakes/fake-world.ts';
import { gateOf, holderNamed, newTarget, settled, worldWithTargets } from '../../workflows/target-lab.ts';
import type { WorkflowLab } from '../../workflows/workflow-lab.ts';
import { openWorkflowLab } from '../../workflows/workflow-lab.ts';
import { checkingWorld, untilWaiting } from '../checking-world.ts';
import type { CliLab } from './cli-lab.ts';
import { openCliLab } from './cli-lab.ts';

let lab: WorkflowLab;
let client: WindlassClient;
let cli: CliLab;

beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
  const { address } = lab.environment.connection.options;
  client = await WindlassClient.connect({ address });
  cli = openCliLab(address);
});
afterAll(async () => {
  await client.close();
  await lab.close();
  cli.remove();
});

const input = { model: 'glossary', preset: 'quickstart' };

async function inWorld<Result>(faults: Faults, use: () => Promise<Result>): Promise<Result> {
  return lab.inWorld(createFakeWorld(faults), use);
}

describe('the command line', () => {
  test('runs to the end with plain lines and says what is live', async () => {
    const file = cli.inputFile('run.json', input);
    const { status, stdout } = await inWorld({}, () => cli.windlass('run', file, '--wait', '--id', 'g-plain'));
    expect(status).toBe(0);
    expect(stdout).toContain('g-plain: released');
    expect(stdout).toContain('glossary version 1 is live on production');
  });

  test('prints one JSON document on stdout and nothing else there', async () => {
    const file = cli.inputFile('run.json', input);
    await inWorld({}, async () => {
      const ran = await cli.windlass('run', file, '--wait', '--json', '--id', 'g-json');
      expect(JSON.parse(ran.stdout)).toMatchObject({ runId: 'g-json', version: 1 });
      expect(ran.stderr).toContain('released');
      const shown = await cli.windlass('status', 'g-json', '--json');
      expect(JSON.parse(shown.stdout)).toMatchObject({ phase: 'released' });
    });
  });

  test('takes what earlier runs have made, unless it is told not to', async () => {
    const file = cli.inputFile('run.json', input);
    const world = createFakeWorld({ reused: true });
    await lab.inWorld(world, async () => {
      await cli.windlass('run', file, '--wait');
      expect(world.submitted).toEqual([]);
      const anew = await cli.windlass('run', file, '--wait', '--no-reuse');
      expect(anew.status).toBe(0);
      expect(world.submitted.map(({ isolated }) => isolated)).toEqual([true, true, true, true, true]);
    });
  });

  test('says with whom a stage was shared', async () => {
    const file = cli.inputFile('run.json', input);
    const { stdout } = await inWorld({ reused: true, sharedWith: 'g-first' }, () =>
      cli.windlass('run', file, '--wait'),
    );
    expect(stdout).toMatch(/train reused in .*: shared with run g-first · validation loss/);
  });

  test('ends with 1 and the failure when the run fails', async () => {
    const file = cli.inputFile('run.json', input);
    const violations = ['ttft p95 3100 ms is over 3000 ms'];
    const ran = await inWorld({ smokeViolations: violations }, () => cli.windlass('run', file, '--wait', '--json'));
    expect(ran.status).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      failure: { name: 'SmokeTestFailed', message: expect.stringContaining('3100 ms') },
      status: { phase: 'failed' },
    });
  });

  test('names every wrong field of the input', async () => {
    const file = cli.inputFile('wrong.json', { ...input, trian: 1 });
    const ran = await lab.inWorld(checkingWorld(), () => cli.windlass('run', file));
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toContain('error: trian: unknown field; did you mean "train"?');
    expect(ran.stderr).not.toContain('    at ');
  });

  test('approves what waits, under the name that is given', async () => {
    await inWorld({ approvalRequired: true }, async () => {
      const { runId } = await client.start(input);
      await untilWaiting(client, runId);
      const approved = await cli.windlass('approve', runId, '--as', 'grace', '--comment', 'reads well');
      expect(approved.stdout).toContain(`approved ${runId} as grace`);
      await client.wait(runId);
      expect((await client.status(runId)).decision).toMatchObject({ by: 'grace', comment: 'reads well' });
      const again = await cli.windlass('approve', runId);
      expect(again).toMatchObject({ status: 1 });
      expect(again.stderr).toContain('is not waiting for a decision; it is released');
    });
  });

  test('shows garbage, and removes it when it is told so', async () => {
    const world = createFakeWorld();
    await lab.inWorld(world, async () => {
      const shown = await cli.windlass('gc');
      expect(shown.status).toBe(0);
      expect(shown.stdout).toMatch(/nothing refers to this.*\n {2}2 artifacts +2\.0 MB\n/);
      expect(shown.stdout).toMatch(/kept:\n {2}2 artifacts +2\.0 MB +by a release of a target\n/);
      expect(shown.stdout).toContain('nothing was removed; do it with --yes');
      expect(world.calls).toEqual(['findGarbage']);
      const removed = await cli.windlass('gc', '--yes', '--older-than', '7d', '--json');
      expect(JSON.parse(removed.stdout)).toMatchObject({
        olderThanMs: 604_800_000,
        removed: [{ kind: 'artifact', count: 2, sizeBytes: 2_000_000 }],
      });
    });
  });

  test('lists jobs, shows those without a run, and removes them when it is told so', async () => {
    const world = createFakeWorld();
    await lab.inWorld(world, async () => {
      const listed = await cli.windlass('jobs');
      expect(listed).toMatchObject({ status: 0 });
      expect(listed.stdout).toMatch(/^glossary-7 +train +1 +running +\S+ +2 +0\.50 +orphan$/m);
      const shown = await cli.windlass('jobs', 'reap');
      expect(shown.stdout).toContain('nothing was removed; do it with --yes');
      expect(world.calls).toEqual(['listJobs', 'listJobs']);
      const removed = await cli.windlass('jobs', 'reap', '--yes', '--json');
      expect(JSON.parse(removed.stdout)).toMatchObject({
        orphans: [{ runId: 'glossary-7' }],
        removed: [{ name: 'train-0123456789abcdef-glossary-7-1', problem: null }],
      });
    });
  });

  test('ends with 1 where a job is still there', async () => {
    const world = createFakeWorld();
    const problem = 'its node does not answer';
    world.activities.removeOrphanJobs = async () => [{ name: 'stuck', problem }];
    await lab.inWorld(world, async () => {
      const reaped = await cli.windlass('jobs', 'reap', '--yes');
      expect(reaped).toMatchObject({ status: 1 });
      expect(reaped.stdout).toContain(`stuck is still there: ${problem}`);
    });
  });

  test('rolls back and compares', async () => {
    await inWorld({ live: [1, 2] }, async () => {
      const back = await cli.windlass('rollback', '--target', 'production', '--model', 'glossary', '--json');
      expect(JSON.parse(back.stdout)).toMatchObject({ kind: 'released', release: { version: 1 } });
      const compared = await cli.windlass('compare', 'g-plain', 'g-json');
      expect(compared.stdout).toMatch(/^run +g-plain +g-json$/m);
    });
  });

  test('freezes a target, says so, and takes deployments again when it is unfrozen', async () => {
    const target = newTarget();
    const where = ['--target', target.target, '--model', target.model] as const;
    await lab.inWorld(worldWithTargets(lab), async () => {
      await gateOf(lab).release(target, settled(holderNamed('nobody')));
      const frozen = await cli.windlass('freeze', ...where, '--as', 'grace', '--reason', 'quarter end', '--json');
      expect(JSON.parse(frozen.stdout)).toMatchObject({ frozen: { by: 'grace', reason: 'quarter end' } });
      expect((await cli.windlass('releases', ...where)).stdout).toContain('frozen by grace: quarter end');
      const refused = await cli.windlass('deploy', ...where, '--version', '1');
      expect(refused).toMatchObject({ status: 1 });
      expect(refused.stderr).toContain(`${target.target} is frozen by grace: quarter end`);
      const unfrozen = await cli.windlass('unfreeze', ...where, '--json');
      expect(JSON.parse(unfrozen.stdout)).toMatchObject({ frozen: null });
    });
  });
});
