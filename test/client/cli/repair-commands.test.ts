import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { WindlassClient } from '../../../src/client/windlass-client.ts';
import { createFakeWorld } from '../../fakes/fake-world.ts';
import { diverging } from '../../fakes/faults.ts';
import type { WorkflowLab } from '../../workflows/workflow-lab.ts';
import { openWorkflowLab } from '../../workflows/workflow-lab.ts';
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
describe('a run that needs attention', () => {
  test('ends whoever waits for it with 1, the reason and the commands, and goes on after a retry', async () => {
    const file = cli.inputFile('run.json', input);
    const world = createFakeWorld(diverging(1));
    await lab.inWorld(world, async () => {
      const ran = await cli.windlass('run', file, '--wait', '--id', 'g-parked');
      expect(ran.status).toBe(1);
      expect(ran.stderr).toContain(
        'error: run g-parked needs attention: train failed with TrainingDiverged: loss 80 is above 50\n  RunParked: Lower train.learningRate.',
      );
      expect(ran.stderr).toContain('windlass retry g-parked --stage train --set <path>=<value>');
      await expect(client.wait('g-parked')).rejects.toMatchObject({ failure: 'RunParked' });

      const shown = await cli.windlass('status', 'g-parked');
      expect(shown.stdout).toContain('  | step 2');

      const wrong = await cli.windlass(
        'retry',
        'g-parked',
        '--stage',
        'train',
        '--set',
        'train.learningRate=7',
        '--json',
      );
      expect(wrong.status).toBe(1);
      expect(JSON.parse(wrong.stdout)).toMatchObject({
        failure: {
          name: 'InvalidSpec',
          message: 'train.learningRate: found 7 (number); expected a number from 1e-9 to 1',
        },
      });

      const set = ['--set', 'train.learningRate=0.0001', '--set', 'build.quantization=int4'];
      const retried = await cli.windlass('retry', 'g-parked', '--stage', 'train', ...set, '--as', 'ada', '--json');
      expect(JSON.parse(retried.stdout)).toMatchObject({
        runId: 'g-parked',
        stage: 'train',
        by: 'ada',
        set: { 'train.learningRate': 0.0001, 'build.quantization': 'int4' },
      });
      await expect(client.wait('g-parked')).resolves.toMatchObject({ version: 1 });
      const late = await cli.windlass('retry', 'g-parked', '--stage', 'train');
      expect(late).toMatchObject({ status: 1, stdout: '' });
      expect(late.stderr).toContain('run g-parked');
    });
    expect(world.submitted.filter(({ stage }) => stage === 'prepare-data')).toHaveLength(1);
  });

  test('ends as cancelled when it is cancelled', async () => {
    await lab.inWorld(createFakeWorld(diverging(1)), async () => {
      const { runId } = await client.start(input);
      await expect(client.wait(runId)).rejects.toMatchObject({ failure: 'RunParked' });
      expect((await cli.windlass('cancel', runId)).status).toBe(0);
      await expect(client.wait(runId)).rejects.toMatchObject({ failure: 'RunCancelled' });
    });
  });
});

describe('a run that is forked', () => {
  test('begins where the other one stood, under who asks for it', async () => {
    const world = createFakeWorld(diverging(1));
    await lab.inWorld(world, async () => {
      const { runId: origin } = await client.start({ ...input, requester: 'grace' });
      await expect(client.wait(origin)).rejects.toMatchObject({ failure: 'RunParked' });
      await client.cancel(origin);
      await expect(client.wait(origin)).rejects.toMatchObject({ failure: 'RunCancelled' });

      const set = ['--set', 'evaluate.maxItems=9'];
      const asked = ['fork', origin, '--from', 'convert', ...set, '--as', 'ada', '--json', '--wait'];
      const forked = await cli.windlass(...asked, '--id', 'g-fork');
      expect(JSON.parse(forked.stdout)).toMatchObject({ runId: 'g-fork', status: { phase: 'needs-attention' } });
      await client.retry('g-fork', { stage: 'train' });
      await expect(client.wait('g-fork')).resolves.toMatchObject({ version: 1 });
      expect(await client.status('g-fork')).toMatchObject({ requester: 'ada', fork: { run: origin, from: 'convert' } });
    });
    expect(world.submitted.at(-1)).toMatchObject({ stage: 'evaluate', parameters: { maxItems: 9 } });
    const forked = world.planned.filter(({ jobsDigest }) => jobsDigest !== '').slice(2);
    expect(forked.map(({ stage, olderJobsDigests }) => [stage, olderJobsDigests.length])).toEqual([
      ['prepare-data', 2],
      ['train', 2],
      ['train', 2],
      ['convert', 0],
      ['build-engine', 0],
      ['evaluate', 0],
    ]);
  });

  test('is refused where there is no such run, or nothing to begin from', async () => {
    await lab.inWorld(createFakeWorld(), async () => {
      const missing = await cli.windlass('fork', 'no-such-run', '--from', 'train');
      expect(missing).toMatchObject({ status: 1, stdout: '' });
      expect(missing.stderr).toContain('error: there is no run no-such-run');
    });
  });
});
