import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildVersitygw } from '../../scripts/build-versitygw.mjs';
import { freePort } from './free-port.ts';

/** A real S3 server, on loopback if not told otherwise, with a folder and a root account of its own. */
export interface VersitygwServer {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** What a client of S3 finds its way by. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where its buckets lie: a bucket is a folder, an object a file. */
  readonly directory: string;
  /** Makes a bucket; it keeps versions once it is told to by PutBucketVersioning. */
  makeBucket(name: string): Promise<void>;
  /** Ends it and removes its folders. */
  stop(): Promise<void>;
}

const startTimeoutMs = 10_000;
const startTries = 3;

/** Why the server cannot be had on this machine, or null; builds it if need be (minutes, once per machine). */
export async function versitygwProblem(): Promise<string | null> {
  try {
    await buildVersitygw();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export async function startVersitygw(host = '127.0.0.1'): Promise<VersitygwServer> {
  const folder = await mkdtemp(join(tmpdir(), 'windlass-versitygw-'));
  const directory = join(folder, 'buckets');
  const versions = join(folder, 'versions');
  await mkdir(directory);
  await mkdir(versions);
  const keys = { accessKey: 'windlass', secretKey: randomBytes(16).toString('hex') };
  const running = await launch({ host, backend: ['posix', '--versioning-dir', versions, directory] }, keys);
  return {
    endpoint: running.endpoint,
    ...keys,
    environment: {
      AWS_ENDPOINT_URL: running.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: keys.accessKey,
      AWS_SECRET_ACCESS_KEY: keys.secretKey,
    },
    directory,
    makeBucket: async (name) => {
      await mkdir(join(directory, name));
    },
    stop: async () => {
      await endProcess(running.process);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Running {
  readonly process: ChildProcess;
  readonly endpoint: string;
}

/** Another program may take the free port first: then the server ends at once and the next port is tried. */
async function launch(
  { host, backend }: { readonly host: string; readonly backend: readonly string[] },
  keys: { accessKey: string; secretKey: string },
): Promise<Running> {
  const program = await buildVersitygw();
  const env = { PATH: process.env['PATH'], ROOT_ACCESS_KEY: keys.accessKey, ROOT_SECRET_KEY: keys.secretKey };
  for (let attempt = 1; attempt <= startTries; attempt += 1) {
    const address = `${host}:${await freePort()}`;
    const argv = ['--port', address, '--quiet', '--keep-alive', ...backend];
    const server = spawn(program, argv, { stdio: 'ignore', env });
    if (await isAnswering(server, `http://${address}`)) return { process: server, endpoint: `http://${address}` };
    await endProcess(server);
  }
  throw new Error(`versitygw did not start in ${startTries} tries`);
}

async function isAnswering(server: ChildProcess, endpoint: string): Promise<boolean> {
  const giveUpAtMs = Date.now() + startTimeoutMs;
  while (server.exitCode === null && Date.now() < giveUpAtMs) {
    const answer = await fetch(endpoint).catch(() => null);
    if (answer !== null) return true;
    await delay(25);
  }
  return false;
}

async function endProcess(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGKILL');
  await exited;
}
