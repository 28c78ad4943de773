import { beforeEach, describe, expect, test } from 'vitest';

import type { TargetActivities } from '../../src/activities/target-activities.ts';
import { createTargetActivities } from '../../src/activities/target-activities.ts';
import { AdapterError } from '../../src/adapters/errors.ts';
import type { Release } from '../../src/contracts/serving.ts';
import type { TargetGate } from '../../src/ports/target-gate.ts';
import type { ModelRegistry } from '../../src/ports/tracking.ts';
import type { WorkflowExecutions } from '../../src/ports/workflow-executions.ts';
import { emptyTarget, viewOf } from '../../src/workflows/target-state.ts';
import { createFakeMetrics } from '../fakes/fake-metrics.ts';
import type { FakeRegistry } from '../fakes/fake-tracking.ts';
import { createFakeRegistry } from '../fakes/fake-tracking.ts';
import { releaseOf } from '../fakes/releases.ts';

const executions: Pick<WorkflowExecutions, 'isOpen'> = { isOpen: async () => true };
let registry: FakeRegistry;
let releases: readonly Release[];
let activities: TargetActivities;

beforeEach(() => {
  registry = createFakeRegistry();
  releases = [releaseOf(1, 1), releaseOf(3, 2)];
  activities = createTargetActivities({ gate: gateOfReleases(), registry, executions });
});

/** A gate that knows a release log and nothing else. */
function gateOfReleases(): TargetGate {
  const gate: Pick<TargetGate, 'view'> = { view: async (named) => viewOf({ ...emptyTarget, releases }, named) };
  return gate as TargetGate;
}

describe('a target that is given back', () => {
  const target = { target: 'staging', model: 'm' };
  const lease = { holder: { workflowId: 'run-1', runId: 'r' }, settled: true };
  const name = 'windlass_deployments_total{target="staging",kind="deploy",outcome="SmokeTestFailed"}';

  test('is counted with how its deployment ended, once it is back; the target is told nothing of it', async () => {
    const metrics = createFakeMetrics();
    const answers = [new AdapterError('Unavailable', 'away', { system: 'temporal' }), null];
    const returned: unknown[] = [];
    const release: TargetGate['release'] = async (_target, told) => {
      returned.push(told);
      const answer = answers.shift() ?? null;
      if (answer !== null) throw answer;
    };
    activities = createTargetActivities({ gate: { ...gateOfReleases(), release }, registry, executions, metrics });
    const call = { target, ...lease, ended: { kind: 'deploy', outcome: 'SmokeTestFailed' } } as const;
    await expect(activities.releaseTarget(call)).rejects.toThrow('away');
    expect(metrics.counted).toEqual({});
    await activities.releaseTarget(call);
    expect(metrics.counted).toEqual({ [name]: 1 });
    await activities.releaseTarget({ target, ...lease });
    expect(metrics.counted).toEqual({ [name]: 1 });
    expect(returned).toEqual([lease, lease, lease]);
  });
});

describe('the aliases of a target', () => {
  test.each([
    ['production', ['previous', 'champion']],
    ['staging', ['previous-staging', 'champion-staging']],
  ])('name what is live on %s and what was, the new one last', async (target, [previous, champion]) => {
    await activities.alignAliases({ target, model: 'm' });
    expect(registry.aliases).toEqual([
      [previous, 1],
      [champion, 3],
    ]);
  });

  test('are removed where nothing is live', async () => {
    releases = [];
    await activities.alignAliases({ target: 'production', model: 'm' });
    expect(registry.aliases).toEqual([
      ['previous', null],
      ['champion', null],
    ]);
  });

  test('follow a log that grows while they are moved, however late the call comes', async () => {
    const growing: Pick<ModelRegistry, 'setAlias'> = {
      setAlias: async (model, alias, version) => {
        await registry.setAlias(model, alias, version);
        if (releases.length === 2) releases = [...releases, releaseOf(4, 3)];
      },
    };
    activities = createTargetActivities({ gate: gateOfReleases(), registry: growing, executions });
    await activities.alignAliases({ target: 'production', model: 'm' });
    expect(registry.aliases.slice(-2)).toEqual([
      ['previous', 3],
      ['champion', 4],
    ]);
  });
});
