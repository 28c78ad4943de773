import { readFileSync } from 'node:fs';

import type { Platform } from '../contracts/platform.ts';
import type { PayloadKeys } from '../protocols/temporal/payload-keys.ts';
import { readPayloadKeys } from '../protocols/temporal/payload-keys.ts';
import type { DeploymentVersion } from './deployment-version.ts';
import { readDeploymentVersion } from './deployment-version.ts';
import { workflowBundlePath } from './workflow-bundle.ts';
import { parsePlatform } from '../adapters/platform/platform.ts';

/** Everything a worker reads from its environment. */
export interface WorkerConfig {
  readonly platform: Platform;
  /** Empty: what goes through Temporal is not encrypted. */
  readonly payloadKeys: PayloadKeys;
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
    version: readDeploymentVersion(environment, workflowBundlePath),
    environment,
    shutdownGraceTime: '10s',
  };
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
