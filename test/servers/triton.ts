import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { restrictedProtocolKey } from '../../src/protocols/triton/channel.ts';
import { openControl } from '../../src/protocols/triton/control.ts';

/** A real Triton on loopback with folders of its own. */
export interface TritonServer {
  readonly grpcAddress: string;
  readonly httpUrl: string;
  readonly secret: string;
  readonly secretFile: string;
  readonly machineFile: string;
  readonly repositoryDirectory: string;
  readonly desiredDirectory: string;
  /** Kills it as a crash does. */
  kill(): Promise<void>;
  /** Kills it where it still runs and starts it again on the same ports and folders. */
  restart(): Promise<void>;
  /** Ends it and removes its folders. */
  stop(): Promise<void>;
}

const clone = join(import.meta.dirname, '../..');
const startTimeoutMs = 60_000;
const stopTimeoutMs = 5_000;
const shmPrefix = 'windlass-test-';

/** @param options further flags win over the usual ones */
export async function startTriton(options: { readonly flags?: readonly string[] } = {}): Promise<TritonServer> {
  const folder = await mkdtemp(join(tmpdir(), 'windlass-triton-'));
  const secret = randomBytes(16).toString('hex');
  const ports = await freePorts(3);
  const paths = await makeFolders(folder, secret);
  const argv = [...launchArguments(paths, secret), ...portArguments(ports), ...(options.flags ?? [])];
  const grpcAddress = `127.0.0.1:${ports[0] ?? 0}`;
  let server = await launch(argv, paths, { grpcAddress, secret });
  const kill = async (): Promise<void> => endProcess(server, 'SIGKILL');
  return {
    grpcAddress,
    httpUrl: `http://127.0.0.1:${ports[1] ?? 0}`,
    secret,
    ...paths,
    kill,
    restart: async () => {
      await kill();
      server = await launch(argv, paths, { grpcAddress, secret });
    },
    stop: async () => {
      await endProcess(server, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface ServerPaths {
  readonly log: string;
  readonly tree: string;
  readonly secretFile: string;
  readonly machineFile: string;
  readonly repositoryDirectory: string;
  readonly desiredDirectory: string;
}

async function makeFolders(folder: string, secret: string): Promise<ServerPaths> {
  const paths = {
    log: join(folder, 'triton.log'),
    tree: join(folder, 'tree'),
    secretFile: join(folder, 'secret'),
    machineFile: join(folder, 'machine.json'),
    repositoryDirectory: join(folder, 'serving', 'repository'),
    desiredDirectory: join(folder, 'serving', 'desired'),
  };
  await mkdir(paths.repositoryDirectory, { recursive: true });
  await mkdir(paths.desiredDirectory, { recursive: true });
  await writeFile(paths.secretFile, `${secret}\n`, { mode: 0o600 });
  await writeFile(paths.machineFile, JSON.stringify({ runtimeVersions: { triton: '2.51.0' }, cpuFeatures: ['avx2'] }));
  await linkBackend(paths.tree);
  return paths;
}

/** The python backend wants the stub of the running Python beside it. */
async function linkBackend(tree: string): Promise<void> {
  const { server, pythonVersion } = await installed();
  const backend = join(tree, 'backends', 'python');
  await mkdir(backend, { recursive: true });
  await mkdir(join(tree, 'caches'));
  const files = ['libtriton_python.so', 'triton_python_backend_utils.py'];
  for (const file of files) await symlink(join(server, 'backends', 'python', file), join(backend, file));
  const stub = 'triton_python_backend_stub';
  await symlink(join(server, 'python_backend_stubs', pythonVersion, stub), join(backend, stub));
}

async function installed(): Promise<{
  sitePackages: string;
  server: string;
  pythonVersion: string;
  pythonHome: string;
}> {
  const library = join(clone, '.venv', 'lib');
  const python = (await readdir(library)).find((name) => name.startsWith('python3.')) ?? 'python3';
  const sitePackages = join(library, python, 'site-packages');
  const home = /^home = (.+)$/m.exec(await readFile(join(clone, '.venv', 'pyvenv.cfg'), 'utf8'))?.[1] ?? '/usr/bin';
  return {
    sitePackages,
    server: join(sitePackages, 'pytriton', 'tritonserver'),
    pythonVersion: python.slice('python'.length),
    pythonHome: join(home, '..'),
  };
}

function launchArguments({ tree, repositoryDirectory }: ServerPaths, secret: string): string[] {
  return [
    `--model-repository=${repositoryDirectory}`,
    `--backend-directory=${join(tree, 'backends')}`,
    `--cache-directory=${join(tree, 'caches')}`,
    '--model-control-mode=explicit',
    '--disable-auto-complete-config',
    `--backend-config=python,shm-region-prefix-name=${shmPrefix}${randomBytes(4).toString('hex')}`,
    `--grpc-restricted-protocol=model-repository:${restrictedProtocolKey}=${secret}`,
    '--exit-timeout-secs=2',
  ];
}

function portArguments([grpc, http, metrics]: readonly number[]): string[] {
  return Object.entries({ grpc, http, metrics }).flatMap(([name, port]) => [
    `--${name}-port=${port ?? 0}`,
    `--${name}-address=127.0.0.1`,
  ]);
}

/** It dies with the test process, however that ends. */
async function launch(
  argv: readonly string[],
  paths: ServerPaths,
  access: { readonly grpcAddress: string; readonly secret: string },
): Promise<ChildProcess> {
  const { server, sitePackages, pythonHome } = await installed();
  const env = {
    ...process.env,
    PATH: `${join(clone, '.venv', 'bin')}:${process.env['PATH'] ?? ''}`,
    LD_LIBRARY_PATH: `${join(sitePackages, 'nvidia_pytriton.libs')}:${join(pythonHome, 'lib')}`,
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const program = join(server, 'bin', 'tritonserver');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(paths.log, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  await untilLive(child, access, paths.log);
  return child;
}

async function untilLive(
  child: ChildProcess,
  access: { readonly grpcAddress: string; readonly secret: string },
  log: string,
): Promise<void> {
  const giveUpMs = Date.now() + startTimeoutMs;
  const control = openControl(access);
  try {
    for (;;) {
      if (await control.serverLive().catch(() => false)) return;
      const isOver = child.exitCode !== null || Date.now() > giveUpMs;
      if (isOver) throw new Error(`Triton did not start:\n${await readFile(log, 'utf8')}`);
      await delay(50);
    }
  } finally {
    control.close();
  }
}

/** A server that is not killed removes what it keeps in the system's temporary directory. */
async function endProcess(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const stubs = await childrenOf(child.pid ?? 0);
  const exited = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await exited;
  clearTimeout(timer);
  await removeRemains(stubs);
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = tasks.map(async (task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => ''));
  return (await Promise.all(lists)).join(' ').split(' ').filter(Boolean).map(Number);
}

/** The process of a model can outlive a killed server for ever, with its shared memory. */
async function removeRemains(stubs: readonly number[]): Promise<void> {
  for (const pid of stubs) {
    const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (argv[0]?.endsWith('triton_python_backend_stub') !== true) continue;
    process.kill(pid, 'SIGKILL');
    const region = argv.find((argument) => argument.startsWith(shmPrefix));
    if (region !== undefined) await rm(join('/dev/shm', region), { force: true });
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(async (server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map(async (server) => once(server.close(), 'close')));
  return ports;
}
