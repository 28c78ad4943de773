import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

import type { WorkerOptions } from '@temporalio/worker';

/** The version of a worker in a Temporal Worker Deployment. */
export interface DeploymentVersion {
  readonly deploymentName: string;
  readonly buildId: string;
  /** `PINNED`: a run ends on the version it began on; `AUTO_UPGRADE`: it goes on with the current one. */
  readonly runs: 'PINNED' | 'AUTO_UPGRADE';
}

type Environment = Readonly<Record<string, string | undefined>>;

const namePattern = /^[\w.-]{1,63}$/u;
const runBehaviors: Readonly<Record<string, DeploymentVersion['runs']>> = {
  pinned: 'PINNED',
  'auto-upgrade': 'AUTO_UPGRADE',
};
const buildIdDigits = 12;

/**
 * `WINDLASS_DEPLOYMENT` switches Worker Versioning on and names the deployment; `WINDLASS_BUILD_ID` is the version, by default the digest of
 * the workflow bundle; `WINDLASS_RUNS` says what becomes of open runs. Temporal's worker controller sets the first two under names of its own.
 * @throws Error naming the variable, what was found and what is allowed
 */
export function readDeploymentVersion(environment: Environment, bundlePath: string): DeploymentVersion | null {
  const deploymentName = environment['WINDLASS_DEPLOYMENT'] ?? environment['TEMPORAL_DEPLOYMENT_NAME'] ?? '';
  if (deploymentName === '') return null;
  const buildId =
    environment['WINDLASS_BUILD_ID'] ?? environment['TEMPORAL_WORKER_BUILD_ID'] ?? bundleDigest(bundlePath);
  return {
    deploymentName: named('WINDLASS_DEPLOYMENT', deploymentName),
    buildId: named('WINDLASS_BUILD_ID', buildId),
    runs: runsOf(environment['WINDLASS_RUNS'] ?? 'pinned'),
  };
}

export function versioningOptions(version: DeploymentVersion | null): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (version === null) return {};
  const { deploymentName, buildId, runs } = version;
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: runs,
    },
  };
}

function named(variable: string, value: string): string {
  if (namePattern.test(value)) return value;
  throw new Error(`${variable}: found ${JSON.stringify(value)}; expected at most 63 letters, digits, ".", "_", "-"`);
}

function runsOf(word: string): DeploymentVersion['runs'] {
  const runs = runBehaviors[word];
  if (runs !== undefined) return runs;
  throw new Error(`WINDLASS_RUNS: found ${JSON.stringify(word)}; expected "pinned" or "auto-upgrade"`);
}

/** Equal workflow code is one version: an open run can go on with it, whatever else changed. */
function bundleDigest(path: string): string {
  if (existsSync(path)) return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, buildIdDigits);
  throw new Error(
    'WINDLASS_BUILD_ID is not set, and there is no built workflow bundle to take a digest of: npm run build',
  );
}
