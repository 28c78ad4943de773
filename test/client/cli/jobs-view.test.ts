import { expect, test } from 'vitest';

import { jobLines, reapedLines } from '../../../src/client/cli/jobs-view.ts';
import type { JobRow } from '../../../src/contracts/job-inventory.ts';

const nowMs = Date.parse('2026-11-27T12:00:00Z');
const train: JobRow = {
  name: 'train-0123456789abcdef-glossary-7-1',
  runId: 'glossary-7',
  stage: 'train',
  attempt: 1,
  state: 'running',
  note: '',
  since: '2026-11-27T11:30:00Z',
  gpus: 4,
  gpuHours: 2,
  isOrphan: false,
};
const orphan: JobRow = {
  ...train,
  runId: 'glossary-6',
  state: 'lost',
  note: 'deleted: the Job is gone',
  isOrphan: true,
};

test('a job is a row; orphans are marked, with the command that shows them', () => {
  expect(jobLines([train, orphan], nowMs)).toEqual([
    'run         stage  attempt  state    for    GPUs  GPU hours',
    'glossary-7  train  1        running  30:00  4     2.00',
    'glossary-6  train  1        lost     30:00  4     2.00       orphan: deleted: the Job is gone',
    '',
    '1 of them has no open run: see "windlass jobs reap"',
  ]);
  expect(jobLines([train], nowMs)).toHaveLength(2);
  expect(jobLines([], nowMs)).toEqual(['there are no jobs']);
});

test('what would be removed is shown, and how to do it', () => {
  expect(reapedLines({ jobs: [orphan], removed: null }, nowMs)).toEqual([
    'the run of these jobs is not open any more:',
    'run         stage  attempt  state  for    GPUs  GPU hours',
    'glossary-6  train  1        lost   30:00  4     2.00       orphan: deleted: the Job is gone',
    '',
    'nothing was removed; do it with --yes',
  ]);
  expect(reapedLines({ jobs: [], removed: null }, nowMs)).toEqual(['every job has an open run']);
});

test('what was removed is named, and what is still there with the reason', () => {
  const removed = [
    { name: 'one', problem: null },
    { name: 'two', problem: 'its node does not answer' },
  ];
  expect(reapedLines({ jobs: [orphan], removed }, nowMs).slice(-3)).toEqual([
    'removed:',
    '  one',
    '  two is still there: its node does not answer',
  ]);
  expect(reapedLines({ jobs: [], removed: [] }, nowMs)).toEqual([
    'every job has an open run',
    '',
    'nothing was removed',
  ]);
});
