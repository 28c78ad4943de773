import { expect, test } from 'vitest';

import { buildMatrix } from './catalogue.ts';
import type { FaultCell } from './fault.ts';
import { faultStages, isEnding } from './fault.ts';
import type { ChaosCase } from './plan.ts';
import { comesBy, planCases } from './plan.ts';
import { slice } from './slice.ts';

const matrix = buildMatrix('directory');

function casesOf(seed: number, count: number): readonly ChaosCase[] {
  return planCases(seed).take(count).toArray();
}

function nameOf({ point, stage, when, kind }: FaultCell): string {
  return `${kind} ${when} ${point} in ${stage}`;
}

test('the same seed gives the same plan, another seed another', () => {
  expect(casesOf(7, 50)).toEqual(casesOf(7, 50));
  expect(casesOf(8, 50)).not.toEqual(casesOf(7, 50));
});

test('the matrix has no fault twice, and every stage', () => {
  expect(new Set(matrix.map(nameOf)).size).toBe(matrix.length);
  expect(new Set(matrix.map(({ stage }) => stage))).toEqual(new Set(faultStages));
});

test('a store in S3 has its server killed in every stage', () => {
  const kills = buildMatrix('s3').filter(({ kind }) => kind === 'kill-store');
  expect(kills.map(({ stage }) => stage)).toEqual(faultStages);
});

test('every fault of the matrix is planned before most are planned again', () => {
  const planned = new Set(
    casesOf(1, 260)
      .flatMap(({ faults }) => faults)
      .map(nameOf),
  );
  expect(matrix.map(nameOf).filter((name) => !planned.has(name))).toEqual([]);
});

test('a case has one fault a stage, an ending one last, and its run comes by all of them', () => {
  for (const { scenario, faults } of [...casesOf(3, 200), ...slice]) {
    const stages = faults.map(({ stage }) => stage);
    expect(stages).toEqual([...new Set(stages)]);
    expect(faults.slice(0, -1).filter(({ kind }) => isEnding(kind))).toEqual([]);
    expect(faults.filter((fault) => !comesBy(scenario, fault))).toEqual([]);
    expect(faults.length).toBeGreaterThan(0);
  }
});
