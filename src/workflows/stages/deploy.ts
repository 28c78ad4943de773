import type { Artifact } from '../../contracts/artifact.ts';
import type { DeployOutcome, SmokeReport } from '../../contracts/serving.ts';
import { failWith } from '../failure-of.ts';
import { releaseVersion } from '../release-version.ts';
import type { RunContext } from './job-stage.ts';

/** Stages deploy and smoke-test: the saga, told to the run as it goes on. A rolled-back release fails the run. */
export async function deploy(run: RunContext, version: number, engine: Artifact): Promise<DeployOutcome> {
  const { state, resolved } = run;
  const { spec } = resolved;
  state.change({ phase: 'deploying' });
  state.startStage('deploy', `version ${version} → ${spec.target}`);
  const outcome = await releaseVersion(
    {
      target: { target: spec.target, model: spec.model },
      version,
      engine: { uri: engine.uri, digest: engine.digest, kind: engine.kind },
      serving: spec.deploy.serving,
      smokeTest: spec.smokeTest,
      probePrompt: spec.smokeTest.prompts[0]?.prompt ?? 'Hello',
      keepVersions: spec.deploy.keepVersions,
      kind: 'deploy',
      by: state.status.decision?.by ?? spec.requester,
      timeouts: spec.timeouts,
    },
    {
      smokeTestStarted: () => state.startStage('smoke-test'),
      smokeTestEnded: (report) => endSmokeTest(run, report),
    },
  );
  if (outcome.kind === 'rolled-back') {
    state.endStage('deploy', { state: 'failed', note: rolledBackNote(outcome.liveVersion) });
    throw failWith(outcome.failure);
  }
  state.endStage('deploy', { state: 'done', note: `version ${version} is live; switched in ${outcome.switchMs} ms` });
  return outcome;
}

function rolledBackNote(liveVersion: number | null): string {
  return liveVersion === null
    ? 'rolled back: nothing is live, as before'
    : `rolled back: version ${liveVersion} is live, as before`;
}

function endSmokeTest({ state }: RunContext, report: SmokeReport): void {
  const figures = `${report.requests} requests · first token p95 ${report.timeToFirstTokenMs.p95} ms`;
  const note = report.violations.length === 0 ? figures : report.violations.join('; ');
  state.change({ smoke: report });
  state.endStage('smoke-test', { state: report.violations.length === 0 ? 'done' : 'failed', note });
}
