import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Decision } from '../../src/contracts/approval.ts';
import type { StartedJob } from '../../src/contracts/job.ts';
import type { ActivityName, Faults } from '../fakes/fake-world.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import { failureNameOf, failureOf, startRun, statusOf, untilPhase } from './run-handle.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('time-skipping');
});
afterAll(async () => lab.close());

const approve: Decision = { decision: 'approve', by: 'ada', engineDigest: 'sha256:build-engine' };

describe('a run where all goes well', () => {
  test('goes through the seven stages and makes its version live', async () => {
    const world = createFakeWorld();
    const { result, status } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      return { result: await handle.result(), status: await statusOf(handle) };
    });
    expect(result.version).toBe(1);
    expect(status.phase).toBe('released');
    expect(status.stages.map(({ state }) => state)).toEqual(Array.from({ length: 7 }, () => 'done'));
    expect(world.serving).toEqual({ ready: [1], published: [1], candidate: null });
    expect(world.releases().map(({ version }) => version)).toEqual([1]);
    expect(world.aliases).toEqual({ champion: 1, previous: null });
    expect(world.lease()).toBeNull();
  });

  test('keeps the version that was live warm beside the new one', async () => {
    const world = createFakeWorld({ live: [1] });
    await lab.inWorld(world, async () => (await startRun(lab)).result());
    expect(world.serving.ready).toEqual([1, 2]);
    expect(world.aliases).toEqual({ champion: 2, previous: 1 });
  });

  test('starts no job for stages whose results stand', async () => {
    const world = createFakeWorld({ reused: true });
    const status = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await handle.result();
      return statusOf(handle);
    });
    expect(world.submitted).toEqual([]);
    expect(status.stages.filter(({ state }) => state === 'reused')).toHaveLength(5);
  });
});

describe('a run whose input is wrong', () => {
  test('ends with the name and words of that failure outermost, as the Temporal UI shows it', async () => {
    const world = createFakeWorld({ fail: { resolveRun: 'InvalidSpec' } });
    const failure = await lab.inWorld(world, async () => failureOf(await startRun(lab)));
    expect(failure).toEqual({ name: 'InvalidSpec', message: 'resolveRun failed on purpose, after its effect' });
  });
});

function failing(name: 'InvalidData' | 'JobCrashed', retryable: boolean, times: number): Faults {
  return {
    jobOutcomes: ({ stage, attempt }) =>
      stage === 'train' && attempt <= times
        ? { kind: 'failed', failure: { name, message: 'rows.jsonl row 17' }, retryable, logTail: 'the end' }
        : null,
  };
}

test('a job is followed under the limits of its stage, and is no other job because of them', async () => {
  const world = createFakeWorld();
  const followed: StartedJob[] = [];
  const awaitJob: typeof world.activities.awaitJob = async (job) => {
    followed.push(job);
    return world.activities.awaitJob(job);
  };
  const watched = { ...world, activities: { ...world.activities, awaitJob } };
  await lab.inWorld(watched, async () => (await startRun(lab)).result());
  expect(followed.find(({ stage }) => stage === 'train')).toMatchObject({ timeoutSeconds: 3600, stallSeconds: 3600 });
  expect(followed.find(({ stage }) => stage === 'convert')).not.toHaveProperty('stallSeconds');
  expect(Object.keys(world.submitted[1] ?? {})).not.toContain('stallSeconds');
});

describe('a job that fails', () => {
  test('is not tried again when its failure is permanent, and the run ends with its name', async () => {
    const world = createFakeWorld(failing('InvalidData', false, 9));
    const { name, status } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      return { name: await failureNameOf(handle), status: await statusOf(handle) };
    });
    expect(name).toBe('InvalidData');
    expect(world.submitted.filter(({ stage }) => stage === 'train')).toHaveLength(1);
    expect(status.stages.find(({ stage }) => stage === 'train')?.state).toBe('failed');
    expect(status.stages.find(({ stage }) => stage === 'deploy')?.state).toBe('skipped');
    expect(world.serving.ready).toEqual([]);
  });

  test('is tried again when its failure passes, as a new attempt', async () => {
    const world = createFakeWorld(failing('JobCrashed', true, 2));
    await lab.inWorld(world, async () => (await startRun(lab)).result());
    expect(world.submitted.filter(({ stage }) => stage === 'train').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  test.each(['awaitJob', 'collectJob'] as const)('leaves nothing behind when %s fails for good', async (activity) => {
    const world = createFakeWorld({ fail: { [activity]: 'StorageFull' } });
    const name = await lab.inWorld(world, async () => failureNameOf(await startRun(lab)));
    expect(name).toBe('StorageFull');
    expect(world.calls.at(-2)).toBe('removeJob');
  });

  test('is given up after three failed attempts', async () => {
    const world = createFakeWorld(failing('JobCrashed', true, 99));
    const name = await lab.inWorld(world, async () => failureNameOf(await startRun(lab)));
    expect(name).toBe('JobCrashed');
    expect(world.submitted.filter(({ stage }) => stage === 'train')).toHaveLength(3);
  });
});

describe('the gate', () => {
  test('ends the run when the evaluation fails, before anybody is asked', async () => {
    const world = createFakeWorld({ verdict: 'fail', approvalRequired: true });
    const name = await lab.inWorld(world, async () => failureNameOf(await startRun(lab)));
    expect(name).toBe('GateRefused');
    expect(world.calls).not.toContain('acquireTarget');
  });

  test('asks a person when the evaluation is inconclusive, though the target asks for nobody', async () => {
    const world = createFakeWorld({ verdict: 'inconclusive' });
    await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await untilPhase(handle, 'awaiting-approval');
      await handle.executeUpdate('decide', { args: [approve] });
      await handle.result();
    });
    expect(world.serving.ready).toEqual([1]);
  });
});

describe('approval', () => {
  test('takes an Update that is bound to the engine and refuses others with the reason', async () => {
    const world = createFakeWorld({ approvalRequired: true, fourEyes: true });
    const refusals = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await untilPhase(handle, 'awaiting-approval');
      const wrong = [
        { ...approve, engineDigest: 'sha256:other' },
        { ...approve, by: 'grace' },
        { ...approve, decision: 'maybe' },
        { ...approve, by: '' },
      ];
      const messages: string[] = [];
      for (const decision of wrong) {
        const refusal: unknown = await handle
          .executeUpdate('decide', { args: [decision] })
          .catch((error: unknown) => error);
        messages.push(
          refusal instanceof Error && refusal.cause instanceof Error ? refusal.cause.message : String(refusal),
        );
      }
      await handle.executeUpdate('decide', { args: [approve] });
      await handle.result();
      return messages;
    });
    expect(refusals[0]).toContain('the engine under decision is sha256:build-engine');
    expect(refusals[1]).toContain("another person's decision");
    expect(refusals[2]).toContain('expected "approve" or "reject"');
    expect(refusals[3]).toContain('name of the one who decides is missing');
  });

  test('takes a signal, and ignores one about another engine', async () => {
    const world = createFakeWorld({ approvalRequired: true });
    await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await untilPhase(handle, 'awaiting-approval');
      await handle.signal('approve', { by: 'ci', engineDigest: 'sha256:other' });
      expect((await statusOf(handle)).phase).toBe('awaiting-approval');
      await handle.signal('approve', { by: 'ci', engineDigest: approve.engineDigest });
      await handle.result();
    });
    expect(world.releases().at(-1)?.by).toBe('ci');
  });

  test('ends the run as rejected with the comment', async () => {
    const world = createFakeWorld({ approvalRequired: true });
    const { name, status } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await untilPhase(handle, 'awaiting-approval');
      await handle.executeUpdate('decide', { args: [{ ...approve, decision: 'reject', comment: 'too chatty' }] });
      return { name: await failureNameOf(handle), status: await statusOf(handle) };
    });
    expect(name).toBe('RunRejected');
    expect(status.phase).toBe('rejected');
    expect(status.failure?.message).toBe('ada rejected the release: too chatty');
    expect(world.calls).not.toContain('acquireTarget');
  });

  test('expires to a clear end', async () => {
    const world = createFakeWorld({ approvalRequired: true });
    const name = await lab.inWorld(world, async () => failureNameOf(await startRun(lab)));
    expect(name).toBe('ApprovalExpired');
    expect(world.serving.ready).toEqual([]);
  });
});

describe('a deployment that fails', () => {
  test('leaves the live version alone when the smoke test misses a bound, and says which', async () => {
    const world = createFakeWorld({
      live: [1],
      smokeViolations: ['first token p95 412 ms is over the bound of 300 ms'],
    });
    const { name, status } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      return { name: await failureNameOf(handle), status: await statusOf(handle) };
    });
    expect(name).toBe('SmokeTestFailed');
    expect(status.failure?.message).toContain('412 ms is over the bound of 300 ms');
    expect(world.serving).toEqual({ ready: [1], published: [1], candidate: null });
    expect(world.calls).not.toContain('showVersions');
    expect(world.lease()).toBeNull();
  });

  const steps: readonly ActivityName[] = [
    'acquireTarget',
    'checkEngine',
    'publishVersion',
    'loadCandidate',
    'smokeTest',
    'unloadCandidate',
    'showVersions',
    'verifyRoute',
  ];
  test.each(steps)('converges back to the prior state when %s fails after its effect', async (step) => {
    const world = createFakeWorld({ live: [1], fail: { [step]: 'EngineRejected' }, failures: 1 });
    const name = await lab.inWorld(world, async () => failureNameOf(await startRun(lab)));
    expect(name).toBe('EngineRejected');
    expect(world.ended).toEqual([{ kind: 'deploy', outcome: 'EngineRejected' }]);
    expect(world.serving).toEqual({ ready: [1], published: [1], candidate: null });
    expect(world.releases().map(({ version }) => version)).toEqual([1]);
    expect(world.lease()).toBeNull();
  });

  test('is undone last in, first out', async () => {
    const world = createFakeWorld({ live: [1], fail: { verifyRoute: 'VerificationFailed' } });
    await lab.inWorld(world, async () => failureNameOf(await startRun(lab)));
    const undone = world.calls.slice(world.calls.lastIndexOf('verifyRoute') + 1);
    expect(undone.slice(0, 4)).toEqual(['showVersions', 'unloadCandidate', 'unpublishVersion', 'releaseTarget']);
  });

  test.each(['alignAliases', 'retireVersions'] as const)(
    'stands once it is in the log, though %s fails',
    async (step) => {
      const world = createFakeWorld({ live: [1], fail: { [step]: 'AccessDenied' } });
      const name = await lab.inWorld(world, async () => failureNameOf(await startRun(lab)));
      expect(name).toBe('none');
      expect(world.ended).toEqual([{ kind: 'deploy', outcome: 'released' }]);
      expect(world.serving.ready).toEqual([1, 2]);
      expect(world.releases().at(-1)?.version).toBe(2);
      expect(world.lease()).toBeNull();
    },
  );

  test('goes on past an undo that fails and says what a person must do', async () => {
    const world = createFakeWorld({
      live: [1],
      smokeViolations: ['empty answer'],
      fail: { unpublishVersion: 'AccessDenied' },
    });
    const { name, status } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      return { name: await failureNameOf(handle), status: await statusOf(handle) };
    });
    expect(name).toBe('RollbackFailed');
    expect(status.failure?.message).toContain('remove the published files');
    expect(world.ended).toEqual([{ kind: 'deploy', outcome: 'RollbackFailed' }]);
    expect(world.serving.ready).toEqual([1]);
    expect(world.lease()).toBeNull();
  });
});
