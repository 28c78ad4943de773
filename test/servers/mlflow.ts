import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findInstallation } from '../../src/stack/installation.ts';
import { buildServerEnvironment } from '../../src/stack/server-environment.ts';
import type { ServerCommand, ServerSpec } from '../../src/stack/server-spec.ts';
import { buildMlflowServer } from '../../src/stack/servers/mlflow-server.ts';
import { stackHome } from '../../src/stack/stack-home.ts';
import { freePort } from './free-port.ts';

/** A real MLflow on loopback with a database of its own. */
export interface MlflowServer {
  readonly url: string;
  /** The end of what it printed, which says why it answered 500. */
  readLogTail(): Promise<string>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

const startTimeoutMs = 120_000;
const logTailChars = 8_000;

/** The server of the embedded stack, alone; takes 5 to 15 s to start. */
export async function startMlflow(): Promise<MlflowServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'windlass-mlflow-'));
  const home = stackHome(folder);
  await mkdir(home.mlflow.artifacts, { recursive: true });
  const port = await freePort();
  const temporal = { grpc: port, ui: port, http: port, metrics: port };
  const installation = findInstallation();
  const workers = { 'pipeline-worker': port, 'jobs-worker': port, 'serving-worker': port };
  const ports = { temporal, mlflow: port, codec: port, workers, targets: {} };
  const spec = buildMlflowServer(installation, home, ports);
  const logFile = path.join(folder, 'mlflow.log');
  const venvBin = path.dirname(installation.mlflow);
  const env = buildServerEnvironment(spec.command, process.env, { homeDirectory: folder, server: spec.name, venvBin });
  const server = await launch(spec.command, env, logFile);
  await untilReady(server, spec, logFile);
  return {
    url: `http://127.0.0.1:${port}`,
    readLogTail: async () => (await readFile(logFile, 'utf8')).slice(-logTailChars),
    stop: async () => {
      await endGroup(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** In a process group of its own: MLflow starts workers that must end with it. */
async function launch(
  { file, args }: ServerCommand,
  env: Record<string, string>,
  logFile: string,
): Promise<ChildProcess> {
  const log = await open(logFile, 'a');
  const server = spawn(file, args, { env, detached: true, stdio: ['ignore', log.fd, log.fd] });
  await once(server, 'spawn');
  await log.close();
  return server;
}

async function untilReady(server: ChildProcess, spec: ServerSpec, logFile: string): Promise<void> {
  if (spec.readiness.kind !== 'http') throw new TypeError('MLflow is asked by HTTP');
  const { url } = spec.readiness;
  const giveUpMs = Date.now() + startTimeoutMs;
  for (;;) {
    const isReady = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) return;
    const isOver = server.exitCode !== null || Date.now() > giveUpMs;
    if (isOver) throw new Error(`MLflow did not start:\n${await readFile(logFile, 'utf8')}`);
    await delay(100);
  }
}

async function endGroup(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  process.kill(-server.pid, 'SIGKILL');
  await exited;
}
