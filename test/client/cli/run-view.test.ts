import { describe, expect, test } from 'vitest';

import { compareRuns } from '../../../src/client/cli/compare-runs.ts';
import { durationText, figureText, sizeText } from '../../../src/client/cli/figures.ts';
import { createRunDisplay } from '../../../src/client/cli/run-display.ts';
import { outcomeLines, targetLines } from '../../../src/client/cli/release-view.ts';
import { changeLines, runLines } from '../../../src/client/cli/run-view.ts';
import { renderTable } from '../../../src/client/cli/text-table.ts';
import { approval, attention, evaluation, statusAfter } from './run-samples.ts';

const nowMs = Date.parse('2026-01-01T00:01:05.000Z');

describe('figures', () => {
  test.each([
    [400, '0.4 s'],
    [12_000, '12 s'],
    [65_000, '1:05'],
    [7_389_000, '2:03:09'],
  ])('%d ms reads %s', (durationMs, text) => expect(durationText(durationMs)).toBe(text));

  test.each([
    [999, '999 B'],
    [1500, '1.5 KB'],
    [135_000_000, '135 MB'],
  ])('%d bytes read %s', (sizeBytes, text) => expect(sizeText(sizeBytes)).toBe(text));

  test.each([
    [null, '–'],
    [3, '3'],
    [19.812, '19.8'],
    [0.03411, '0.0341'],
    [1234.567, '1235'],
  ])('a score of %s reads %s', (value, text) => expect(figureText(value)).toBe(text));

  test('a table aligns its columns and ends no line in blanks', () => {
    expect(
      renderTable([
        ['a', 'bb', ''],
        ['✓ ccc', 'd', 'e'],
      ]),
    ).toEqual(['a      bb', '✓ ccc  d   e']);
  });
});

describe('a run', () => {
  test('is shown with its stages, times and artifacts', () => {
    const lines = runLines(statusAfter(1), nowMs);
    expect(lines[0]).toBe('glossary-1  glossary → production  running');
    expect(lines[2]).toBe('✓ prepare-data  done     1.0 s  sha256:3f9c0d1a2b4c 135 MB');
    expect(lines[3]).toBe('▶ train         running  1:05                               step 40/120 · loss 3.1');
    expect(lines[4]).toBe('· convert       waiting');
  });

  test('says what it waits for, and how to decide', () => {
    const text = runLines(statusAfter(5, { phase: 'awaiting-approval', approval, evaluation }), nowMs).join('\n');
    expect(text).toContain('waiting for a decision about production by somebody else than ada until 2026-01-08');
    expect(text).toContain('windlass approve glossary-1');
    expect(text).toContain('evaluation: pass');
    expect(text).toMatch(/this version {2}19\.8 {8}1 {13}91\.4/);
  });

  test('says why it needs attention, and the commands that end its waiting', () => {
    const text = runLines(statusAfter(1, { phase: 'needs-attention', attention }), nowMs).join('\n');
    expect(text).toContain('needs attention until 2026-01-08T00:00:00.000Z: train failed with TrainingDiverged');
    expect(text).toContain('  loss 80 is above 50\n  Lower the learning rate.\n  | step 1\n  | step 2\n');
    expect(text).toContain('  windlass retry glossary-1 --stage train --set <path>=<value>');
    expect(changeLines(statusAfter(1), statusAfter(1, { attention }))).toContain('  | step 2');
    expect(changeLines(statusAfter(1, { attention }), statusAfter(1, { attention }))).toEqual([]);
  });

  test('says where it was forked from', () => {
    const fork = { run: 'glossary-0', from: 'train' } as const;
    expect(runLines(statusAfter(1, { fork }), nowMs)[1]).toBe('forked from glossary-0 at train');
  });

  test('lists its repairs', () => {
    const repair = { stage: 'train', by: 'ada', at: '2026-01-01T00:00:00.000Z', specDigest: 'sha256:5bec' } as const;
    const repairs = [{ ...repair, set: { 'train.learningRate': 0.0001 }, comment: 'it diverged' }];
    expect(runLines(statusAfter(2, { repairs }), nowMs)).toContain(
      '  2026-01-01T00:00:00.000Z ada: train again · train.learningRate = 0.0001 · it diverged',
    );
  });

  test('says why it failed and what to do', () => {
    const failure = { name: 'NoProgress', message: 'loss stayed at 3.1', advice: 'Train for fewer steps.' } as const;
    expect(runLines(statusAfter(1, { phase: 'failed', failure }), nowMs)).toContain('NoProgress: loss stayed at 3.1');
  });

  test('is told as changes, each once', () => {
    const before = statusAfter(1);
    const after = statusAfter(2);
    expect(changeLines(null, before)).toEqual([
      'glossary-1: running',
      '✓ prepare-data done in 1.0 s',
      '▶ train running: step 40/120 · loss 3.1',
    ]);
    expect(changeLines(before, before)).toEqual([]);
    expect(changeLines(before, after)).toEqual(['✓ train done in 2.0 s', '▶ convert running: step 40/120 · loss 3.1']);
  });

  test('tells once that it waits for a decision', () => {
    const before = statusAfter(5);
    const after = statusAfter(5, { phase: 'awaiting-approval', approval });
    expect(changeLines(before, after)).toContain('  windlass approve glossary-1 --comment "…"');
    expect(changeLines(after, after)).toEqual([]);
  });
});

function shown(isTTY: boolean): string {
  let text = '';
  const display = createRunDisplay({ isTTY, columns: 40, write: (part: string) => (text += part) });
  display.show(statusAfter(1));
  display.show(statusAfter(2));
  return text;
}

describe('a display', () => {
  test('draws the table again in its place on a terminal, cut to its width', () => {
    const text = shown(true);
    const lineCount = runLines(statusAfter(1), nowMs).length;
    expect(text).toContain(`\u001b[${lineCount}A\u001b[0J`);
    expect(Math.max(...text.split('\n').map((line) => Array.from(line).length))).toBeLessThan(60);
  });

  test('writes plain lines elsewhere', () => {
    expect(shown(false)).not.toContain('\u001b');
  });
});

describe('releases', () => {
  const release = {
    sequence: 2,
    version: 2,
    engine: { uri: 'file:///e', digest: 'sha256:3f9c0d1a2b4c5d6e', kind: 'engine' },
    serving: { maxNewTokens: 64, cacheSizeGb: 1, maxConcurrent: 4, threads: 1 },
    probePrompt: 'Hello',
    keepVersions: 1,
    kind: 'deploy',
    runId: 'glossary-2',
    by: 'ada',
    at: '2026-01-01T00:00:00.123Z',
    resident: [1, 2],
  } as const;

  test('are listed newest first with the live and the previous one marked', () => {
    const previous = { ...release, sequence: 1, version: 1, runId: 'glossary-1' };
    const view = { target: 'production', model: 'glossary', live: release, previous, releases: [previous, release] };
    const lines = targetLines({
      ...view,
      lease: null,
      queue: [],
      frozen: { by: 'ada', reason: 'quarter end' },
      unsettled: true,
      goal: { resident: [1, 2], kept: [1, 2] },
    });
    expect(lines.slice(0, 4)).toEqual([
      'glossary on production: version 2 is live',
      'frozen by ada: quarter end',
      'left half changed by a deployer; it is brought back before anything else',
      '',
    ]);
    expect(lines[5]).toBe('2  2 ← live      deploy  2026-01-01T00:00:00Z  ada  sha256:3f9c0d1a2b4c  glossary-2');
    expect(lines[6]).toContain('1 ← previous');
  });

  test('that failed say what is live instead', () => {
    const failure = { name: 'SmokeTestFailed', message: 'ttft p95 3100 ms is over 3000 ms' } as const;
    const outcome = { kind: 'rolled-back', failure, smoke: null, liveVersion: 1 } as const;
    expect(outcomeLines({ target: 'production', model: 'glossary' }, outcome)).toEqual([
      'SmokeTestFailed: ttft p95 3100 ms is over 3000 ms',
      '  version 1 is live on production, as before',
    ]);
  });
});

test('runs are compared side by side without rows that say nothing', () => {
  const table = compareRuns([statusAfter(7, { version: 1, evaluation }), statusAfter(2, { runId: 'glossary-2' })]);
  expect(table[0]).toEqual(['run', 'glossary-1', 'glossary-2']);
  expect(table).toContainEqual(['perplexity', '19.8', '–']);
  expect(table).toContainEqual(['time train', '2.0 s', '2.0 s']);
  expect(table.some(([name]) => name === 'failure')).toBe(false);
});
