import type { RunInput } from '../../../src/contracts/run-spec.ts';
import type { ChaosCase, Scenario } from '../plan/plan.ts';
import type { Lane } from './world.ts';

/** No two cases share a stage key: each does all its stages. */
export function inputOf(lane: Lane, { index, scenario, keepVersions }: ChaosCase): RunInput {
  return {
    preset: 'chaos',
    ...lane,
    requester: 'ada',
    data: { split: { salt: `case-${index}` } },
    train: { seed: index },
    deploy: { keepVersions },
    approval: { required: scenario === 'approve' || scenario === 'reject' },
    ...(scenario === 'smoke-misses' ? { smokeTest: { sla: { ttftP95Ms: 0.001 } } } : {}),
  };
}

/** What the jobs of a run do otherwise than usual. */
export function behaviourOf(scenario: Scenario): object | null {
  switch (scenario) {
    case 'gate-refuses':
      return { evaluate: { verdict: 'fail' } };
    case 'job-fails':
      return { train: { failure: 'InvalidData' } };
    case 'engine-rejected':
      return { 'build-engine': { engine: { failure: 'a bad engine' } } };
    case 'plain':
    case 'approve':
    case 'reject':
    case 'smoke-misses':
    case 'pair':
    case 'rollback':
      return null;
  }
}
