import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Decision } from '../../src/contracts/approval.ts';
import { decisionProblem } from '../../src/workflows/approval-rules.ts';
import { runStatus, waitingStatus } from '../fakes/run-statuses.ts';

const decision: Decision = { decision: 'approve', by: 'ada', engineDigest: 'sha256:e7' };
const decided = { ...waitingStatus(), decision: { ...decision, by: 'bob', at: '2026-01-01T00:00:00.000Z' } };

describe('a decision', () => {
  test.each([decision, { ...decision, decision: 'reject', comment: 'too chatty' }])('fits as %j', (sent) => {
    expect(decisionProblem(waitingStatus(), sent)).toBeNull();
  });

  test.each([
    [runStatus(), decision, 'run glossary-7 is not waiting for a decision; it is running'],
    [decided, decision, 'bob has already decided: approve'],
    [waitingStatus(), null, 'found null; expected an object such as {"decision":"approve"'],
    [waitingStatus(), ['approve'], 'found ["approve"]; expected an object'],
    [waitingStatus(), 'approve', 'found "approve"; expected an object'],
    [waitingStatus(), { ...decision, decision: 'yes' }, 'decision: found "yes"; expected "approve" or "reject"'],
    [waitingStatus(), { ...decision, by: ' ' }, 'by: the name of the one who decides is missing'],
    [waitingStatus(), { ...decision, by: 7 }, 'by: the name of the one who decides is missing'],
    [
      waitingStatus(),
      { ...decision, engineDigest: 'sha256:e6' },
      'found "sha256:e6"; the engine under decision is sha256:e7',
    ],
    [waitingStatus({ fourEyes: true }), { ...decision, by: 'grace' }, "this target wants another person's decision"],
  ])('is refused with the reason (%#)', (status, sent, problem) => {
    expect(decisionProblem(status, sent)).toContain(problem);
  });

  test('of another person is taken where four eyes are wanted, and of the requester where they are not', () => {
    expect(decisionProblem(waitingStatus({ fourEyes: true }), decision)).toBeNull();
    expect(decisionProblem(waitingStatus(), { ...decision, by: 'grace' })).toBeNull();
  });

  test('of any JSON at all is judged, never thrown at', () => {
    fc.assert(fc.property(fc.jsonValue(), (sent) => decisionProblem(waitingStatus(), sent) !== null));
  });
});
