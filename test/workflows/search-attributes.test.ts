import { describe, expect, test } from 'vitest';

import { searchAttributes } from '../../src/contracts/names.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';
import { searchAttributesOf } from '../../src/workflows/search-attributes.ts';
import { parkedStatus, runStatus, waitingStatus } from '../fakes/run-statuses.ts';

function attributesOf(status: RunStatus): Record<string, unknown> {
  return Object.fromEntries(searchAttributesOf(status).map(({ key, value }) => [key.name, value]));
}

describe('search attributes', () => {
  test('are the registered ones, of a run that has just begun', () => {
    const names: readonly string[] = Object.values(searchAttributes);
    expect(Object.keys(attributesOf(runStatus())).toSorted()).toEqual(names.toSorted());
    expect(attributesOf(runStatus({ phase: 'resolving', target: null, requester: null }))).toEqual({
      WindlassModel: 'glossary',
      WindlassVersion: null,
      WindlassPhase: 'resolving',
      WindlassStage: 'resolving',
      WindlassTarget: null,
      WindlassApproval: 'none',
      WindlassRequester: null,
    });
  });

  test.each(['running', 'failed'] as const)('name the stage that is %s', (state) => {
    const status = runStatus({
      stages: [
        { stage: 'prepare-data', state: 'done' },
        { stage: 'train', state },
      ],
    });
    expect(attributesOf(status)['WindlassStage']).toBe('train');
  });

  test('name the stage that has ended until the next one begins', () => {
    const status = runStatus({
      stages: [
        { stage: 'prepare-data', state: 'reused' },
        { stage: 'train', state: 'done' },
        { stage: 'convert', state: 'waiting' },
      ],
    });
    expect(attributesOf(status)['WindlassStage']).toBe('train');
    expect(attributesOf({ ...status, phase: 'awaiting-approval' })['WindlassStage']).toBe('awaiting-approval');
  });

  test('find a run that is parked, and the stage it waits at', () => {
    const stages = [{ stage: 'train', state: 'failed' }] as const;
    expect(attributesOf({ ...parkedStatus(), stages })).toMatchObject({
      WindlassPhase: 'needs-attention',
      WindlassStage: 'train',
    });
  });

  test('tell where a decision stands', () => {
    const decision = { by: 'ada', engineDigest: 'sha256:e7', at: '2026-01-01T00:00:00.000Z' } as const;
    expect(attributesOf(waitingStatus())['WindlassApproval']).toBe('waiting');
    for (const [word, value] of [
      ['approve', 'approved'],
      ['reject', 'rejected'],
    ] as const) {
      const status = runStatus({ decision: { ...decision, decision: word } });
      expect(attributesOf(status)['WindlassApproval']).toBe(value);
    }
  });
});
