import type { Release } from '../../src/contracts/serving.ts';

/** A release as a target's log holds it. */
export function releaseOf(version: number, sequence: number): Release {
  return {
    sequence,
    version,
    engine: { uri: 'file:///store/engine', digest: 'sha256:engine', kind: 'engine' },
    serving: { maxNewTokens: 64, cacheSizeGb: 1, maxConcurrent: 4, threads: 1 },
    probePrompt: 'Hello',
    keepVersions: 1,
    kind: 'deploy',
    runId: `run-${sequence}`,
    by: 'ada',
    at: '2026-01-01T00:00:00.000Z',
    resident: [version],
  };
}
