import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { buildVersitygw } from '../../../scripts/build-versitygw.mjs';
import type { Platform } from '../../../src/contracts/platform.ts';
import type { StackState } from '../../../src/contracts/stack-state.ts';
import { findInstallation } from '../../../src/stack/installation.ts';
import { openLog } from '../../../src/stack/log-file.ts';
import { markOf, markVariable, supervisorName } from '../../../src/stack/process-marks.ts';
import type { StackHome } from '../../../src/stack/stack-home.ts';
import { stackHome } from '../../../src/stack/stack-home.ts';
import { stopStack } from '../../../src/stack/stop-stack.ts';
import { waitForStack } from '../../../src/stack/up.ts';
import { bundleWorkflows } from '../../../src/workers/workflow-bundle.ts';
import type { ChaosFiles } from '../faults/chaos-files.ts';
import { chaosVariable, makeChaosFolders } from '../faults/chaos-files.ts';
import { freePort } from '../../servers/free-port.ts';
import type { S3Place } from './versitygw-server.ts';

/** The stack under fault: real servers and workers in a temporary folder. */
export interface ChaosStack {
  readonly folder: string;
  readonly home: StackHome;
  readonly files: ChaosFiles;
  readonly platform: Platform;
  readonly temporalAddress: string;
  /** Environment of the object store's clients; empty where it is a directory. */
  readonly storeEnvironment: Readonly<Record<string, string>>;
  /** Starts the supervisor again where it is gone, and waits until every server is ready. */
  up(): Promise<StackState>;
  /** Ends everything, and removes the folder unless it is to be looked at. */
  down(options: { readonly keep: boolean }): Promise<void>;
}

const supervisorMain = fileURLToPath(new URL('supervisor-main.ts', import.meta.url));
const platformFile = fileURLToPath(new URL('windlass.yaml', import.meta.url));
const workflows = fileURLToPath(new URL('../../../src/workflows/index.ts', import.meta.url));

export async function startChaosStack(store: 'directory' | 's3'): Promise<ChaosStack> {
  const folder = mkdtempSync(join(tmpdir(), 'windlass-chaos-'));
  const home = stackHome(join(folder, 'home'));
  const files = makeChaosFolders(join(folder, 'chaos'));
  writeCorpus(join(folder, 'corpus'));
  const s3 = store === 's3' ? await prepareS3(folder) : null;
  writePlatform(folder, s3);
  const bundle = await writeBundle(folder);
  const environment = { ...s3, [chaosVariable]: files.directory, WINDLASS_CHAOS_BUNDLE: bundle };
  const up = async (): Promise<StackState> => {
    startSupervisor(home, join(folder, 'windlass.yaml'), environment);
    return waitForStack({ home, stopOnFailure: false, onState: () => undefined });
  };
  const { endpoints } = await up().catch(async (error: unknown) => {
    // The servers that did come up would go on without anybody.
    await stopStack(home);
    throw error;
  });
  return {
    folder,
    home,
    files,
    platform: JSON.parse(readFileSync(home.platformFile, 'utf8')) as Platform,
    temporalAddress: endpoints.temporalAddress,
    storeEnvironment: s3 ?? {},
    up,
    down: async ({ keep }) => {
      await stopStack(home);
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Detached, as `windlass up` does it: it must not die with the harness in a way that the harness does not see. */
function startSupervisor(home: StackHome, platform: string, environment: Readonly<Record<string, string>>): void {
  mkdirSync(home.logs, { recursive: true });
  const log = openLog(home.supervisorLog);
  const child = spawn(findInstallation().node, [supervisorMain, home.directory, platform], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...environment, [markVariable]: markOf(home.directory, supervisorName) },
  });
  child.unref();
  closeSync(log);
}

function writeCorpus(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'rows.jsonl'), '{"prompt":"one","response":"two"}\n');
}

function writePlatform(folder: string, s3: Readonly<Record<string, string>> | null): void {
  const file = join(folder, 'windlass.yaml');
  copyFileSync(platformFile, file);
  if (s3 !== null) writeFileSync(file, 'store: { uri: s3://artifacts/windlass }\n', { flag: 'a' });
}

async function prepareS3(folder: string): Promise<Readonly<Record<string, string>>> {
  const buckets = join(folder, 'buckets');
  mkdirSync(join(buckets, 'artifacts'), { recursive: true });
  const place: S3Place = { program: await buildVersitygw(), address: `127.0.0.1:${await freePort()}`, buckets };
  return {
    WINDLASS_CHAOS_S3: JSON.stringify(place),
    AWS_ENDPOINT_URL: `http://${place.address}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'windlass',
    AWS_SECRET_ACCESS_KEY: randomBytes(16).toString('hex'),
  };
}

/** Once: a worker that is killed every few seconds has no time to bundle its workflows. */
async function writeBundle(folder: string): Promise<string> {
  const { code } = await bundleWorkflows({ workflowsPath: workflows });
  const file = join(folder, 'workflow-bundle.js');
  writeFileSync(file, code);
  return file;
}
