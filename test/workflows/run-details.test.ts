import { describe, expect, test } from 'vitest';

import { stageNames } from '../../src/contracts/stage.ts';
import { decisionProblem } from '../../src/workflows/approval-rules.ts';
import { repairProblem } from '../../src/workflows/repair-rules.ts';
import { renderRunDetails } from '../../src/workflows/run-details.ts';
import { artifactOf } from '../fakes/fake-world.ts';
import { parkedStatus, runStatus, waitingStatus } from '../fakes/run-statuses.ts';

const longText = 'ü| one line\nof many '.repeat(400);
const scores = { perplexity: 21.347, tokensPerSecond: 88.5, taskPassRate: 1 };
const evaluation = {
  verdict: 'inconclusive',
  reasons: ['only 12 of 30 items'],
  candidate: scores,
  base: null,
  incumbent: { ...scores, perplexity: 25 },
  comparison: null,
} as const;

describe('the details of a run', () => {
  test('hold exactly the JSON that approves it', () => {
    const status = waitingStatus();
    const details = renderRunDetails(status);
    const [, json = ''] = /```json\n(.+)\n```/u.exec(details) ?? [];
    const pasted = JSON.parse(json) as Record<string, unknown>;
    expect(pasted).toMatchObject({ decision: 'approve', engineDigest: 'sha256:e7' });
    expect(decisionProblem(status, pasted)).toBeNull();
    expect(details).toContain('windlass approve glossary-7');
  });

  test('say who may not decide, and nothing to paste where nothing is awaited', () => {
    expect(renderRunDetails(waitingStatus({ fourEyes: true }))).toContain('the requester may not decide');
    expect(renderRunDetails(runStatus())).not.toContain('```json');
  });

  test('hold exactly the JSON that repairs a parked run, the reason, and the end of the log', () => {
    const status = parkedStatus();
    const details = renderRunDetails(status);
    const [, json = ''] = /```json\n(.+)\n```/u.exec(details) ?? [];
    expect(repairProblem(status, JSON.parse(json))).toBeNull();
    expect(details).toContain('### Needs attention: train failed');
    expect(details).toContain('**TrainingDiverged**: loss 80 is above 50');
    expect(details).toContain('```text\nstep 1\nstep 2\n```');
    expect(details).toContain('windlass retry glossary-7 --stage train');
  });

  test.each([
    ['one line', 'x'.repeat(9000)],
    ['many lines', longText],
    ['fences', '```\n'.repeat(900)],
  ])('keep their form and stay under 4 KB with a log of %s', (_name, logTail) => {
    const stages = stageNames.map(
      (stage) => ({ stage, state: 'failed', artifact: artifactOf(stage), note: longText }) as const,
    );
    const failure = { name: 'JobCrashed', message: longText, advice: longText } as const;
    const details = renderRunDetails({ ...parkedStatus({ failure, logTail }), stages });
    expect(Buffer.byteLength(details)).toBeLessThan(4096);
    expect(details.match(/^```/gmu)).toHaveLength(4);
    expect(details).toContain('```json\n{"stage":"train"');
  });

  test('show every stage with its state, time, artifact and note', () => {
    const details = renderRunDetails(
      runStatus({
        stages: stageNames.map((stage) => ({
          stage,
          state: 'done',
          durationMs: 61_500,
          artifact: artifactOf(stage),
          note: 'fine',
        })),
      }),
    );
    expect(details).toContain('| ✓ build-engine | done | 1 min 2 s | `sha256:build-engine` | fine |');
  });

  test('show the evaluation beside what is live, and the failure by its name', () => {
    const details = renderRunDetails(
      runStatus({ evaluation, failure: { name: 'GateRefused', message: 'too few items' } }),
    );
    expect(details).toContain('### Evaluation: inconclusive\n\n- only 12 of 30 items');
    expect(details).toContain('| live now | 25 | 1 | 88.5 |');
    expect(details).toContain('**GateRefused**: too few items');
  });

  test('stay under 4 KB and in their table, however much there is to tell', () => {
    const status = {
      ...waitingStatus(),
      stages: stageNames.map((stage) => ({
        stage,
        state: 'failed' as const,
        artifact: artifactOf(stage),
        note: longText,
      })),
      evaluation: { ...evaluation, reasons: Array.from({ length: 50 }, () => longText) },
      failure: { name: 'SmokeTestFailed' as const, message: longText },
      links: {
        MLflow: `http://127.0.0.1/${'x'.repeat(200)}`,
        report: 'file:///store/report',
        spec: 'file:///store/spec',
      },
    };
    const details = renderRunDetails(status);
    expect(Buffer.byteLength(details)).toBeLessThan(4096);
    expect(details.split('\n').filter((line) => line.startsWith('| ✗'))).toHaveLength(stageNames.length);
    expect(details).toContain('```json\n{"decision":"approve"');
    expect(details).toContain('[MLflow](http');
  });
});
