import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

import type { Platform } from '../contracts/platform.ts';
import type { PayloadKeys } from '../protocols/temporal/payload-keys.ts';
import { readPayloadKeys } from '../protocols/temporal/payload-keys.ts';
import type { DeploymentVersion } from './deployment-version.ts';
import { readDeploymentVersion } from './deployment-version.ts';
import { workflowBundlePath } from './workflow-bundle.ts';
import { parsePlatform } from '../adapters/platform/platform.ts';

const addressPattern = /^(?<host>\[[^\]]+\]|[^:]+):(?<port>\d{1,5})$/u;

/** Everything a worker reads from its environment. */
export interface WorkerConfig {
  readonly platform: Platform;
  /** Empty: what goes through Temporal is not encrypted. */
  readonly payloadKeys: PayloadKeys;
  /** host:port where Prometheus reads metrics; null: nowhere. */
  readonly metricsAddress: string | null;
  /** Null: workers carry no version, and open runs go on with whatever code is there. */
  readonly version: DeploymentVersion | null;
  /** For credentials, and for what jobs inherit. */
  readonly environment: NodeJS.ProcessEnv;
  /** Time for running activities to end after SIGTERM. */
  readonly shutdownGraceTime: '10s';
}

/** `WINDLASS_PLATFORM` is the path of the resolved platform document; a wrong one ends the worker at once, naming the field. */
export function readWorkerConfig(environment: NodeJS.ProcessEnv): WorkerConfig {
  return {
    platform: parsePlatform(readPlatformFile(environment)),
    payloadKeys: readPayloadKeys(environment),
    metricsAddress: readMetricsAddress(environment),
    version: readDeploymentVersion(environment, workflowBundlePath),
    environment,
    shutdownGraceTime: '10s',
  };
}

/** `WINDLASS_METRICS_ADDRESS`: an IP address and a port, for the names of a machine may mean addresses that nobody meant. */
function readMetricsAddress(environment: NodeJS.ProcessEnv): string | null {
  const address = environment['WINDLASS_METRICS_ADDRESS'] ?? '';
  if (address === '') return null;
  const { host = '', port = '' } = addressPattern.exec(address)?.groups ?? {};
  if (isIP(host.replaceAll(/^\[|\]$/gu, '')) !== 0 && Number(port) > 0 && Number(port) < 65_536) return address;
  throw new Error(
    `WINDLASS_METRICS_ADDRESS is "${address}": an IP address and a port are needed, such as 127.0.0.1:9464`,
  );
}

function readPlatformFile(environment: NodeJS.ProcessEnv): string {
  const path = environment['WINDLASS_PLATFORM'];
  if (path === undefined || path === '')
    throw new Error('WINDLASS_PLATFORM is not set: it names the platform document (windlass up writes it)');
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`WINDLASS_PLATFORM names ${path}, which cannot be read`, { cause });
  }
}
