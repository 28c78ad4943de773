import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { Client, Connection } from '@temporalio/client';
import { DefaultLogger } from '@temporalio/worker';

import { resolvePlatform } from '../../src/adapters/platform/resolve-platform.ts';
import type { RunInput } from '../../src/contracts/run-spec.ts';
import type { ProcessIdentity } from '../../src/contracts/stack-state.ts';
import { choosePorts } from '../../src/stack/free-ports.ts';
import { findInstallation } from '../../src/stack/installation.ts';
import { parallelJobs } from '../../src/stack/parallel-jobs.ts';
import { endpointsFromPorts } from '../../src/stack/port-plan.ts';
import { buildTemporalServer } from '../../src/stack/servers/temporal-server.ts';
import type { StackHome } from '../../src/stack/stack-home.ts';
import { homeDirectories, stackHome, targetHome } from '../../src/stack/stack-home.ts';
import { stopProcesses, waitForEnd } from '../../src/stack/stop-processes.ts';
import type { WorkerName } from '../../src/workers/worker-settings.ts';
import { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import { processorMs, residentMib } from './processes.ts';
import type { BenchServer } from './servers.ts';
import { startServer } from './servers.ts';

export interface BenchStackOptions {
  /** `process`: a process for each job, with the real entry point; `in-process`: the jobs worker does the job's nothing itself. */
  readonly jobs: 'process' | 'in-process';
  /** Whether runs wait for a decision before they deploy. */
  readonly approval: boolean;
}

const target = 'bench';
const maxParallel = parallelJobs({ cores: availableParallelism(), memoryBytes: totalmem() });
const workerNames: readonly WorkerName[] = ['pipeline', 'jobs', 'serving'];
const workersReady = { kind: 'log-line', message: 'worker ready' } as const;
const installation = findInstallation();

/**
 * A real Temporal server, a store directory and the three workers as processes of their own, in a temporary folder. MLflow and Triton
 * are stand-ins (stand-ins.ts).
 */
export class BenchStack {
  readonly client: Client;
  readonly address: string;
  readonly maxParallel = maxParallel;
  readonly #home: StackHome;
  readonly #bundle: string;
  readonly #jobs: BenchStackOptions['jobs'];
  readonly #workers = new Map<string, ProcessIdentity>();
  readonly #temporal: ProcessIdentity;

  private constructor(parts: StackParts) {
    this.client = new Client({ connection: parts.connection });
    this.address = parts.address;
    this.#home = parts.home;
    this.#bundle = parts.bundle;
    this.#jobs = parts.jobs;
    this.#temporal = parts.temporal;
  }

  static async open(options: BenchStackOptions): Promise<BenchStack> {
    const home = stackHome(mkdtempSync(join(tmpdir(), 'windlass-bench-')));
    for (const directory of homeDirectories(home, [target])) mkdirSync(directory, { recursive: true });
    const ports = await choosePorts(home.portsFile, [target]);
    const endpoints = endpointsFromPorts(ports);
    const platform = resolvePlatform(yamlOf(options), {
      yamlPath: join(home.directory, 'windlass.yaml'),
      home: home.directory,
      packageDirectory: fileURLToPath(new URL('jobs', import.meta.url)),
      python: installation.python,
      endpoints,
      parallelJobs: maxParallel,
    });
    writeFileSync(home.platformFile, JSON.stringify(platform));
    writeFileSync(join(home.directory, 'rows.jsonl'), '{"text":"nothing"}\n');
    const temporal = await startServer(home, buildTemporalServer(installation, home, { ports, isEncrypted: false }));
    const address = endpoints.temporalAddress;
    const connection = await Connection.connect({ address });
    const bundle = join(installation.root, 'dist', 'workflow-bundle.js');
    const stack = new BenchStack({ home, address, connection, bundle, temporal, jobs: options.jobs });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stack.#abandon());
    await stack.startWorkers();
    return stack;
  }

  async startWorkers(): Promise<void> {
    await Promise.all(workerNames.map(async (name) => this.#start(workerServer(name, this.#environment()))));
  }

  /** SIGKILL for all three at once. */
  async killWorkers(): Promise<void> {
    const workers = workerNames.flatMap((name) => this.#workers.get(name) ?? []);
    for (const { pid } of workers) process.kill(pid, 'SIGKILL');
    await waitForEnd(workers, 10_000);
  }

  /** The worker of other workflows, on the same server. */
  async startOtherWorker(main: URL, workflows: URL): Promise<void> {
    const bundle = await bundleInto(this.#home, workflows);
    await this.#start(nodeServer('other-worker', [fileURLToPath(main), this.address, bundle], {}));
  }

  /** Of the server, the workers and all jobs so far. */
  async processorMs(): Promise<number> {
    const processes = [this.#temporal, ...this.#workers.values()];
    const times = await Promise.all(processes.map(async ({ pid }) => processorMs(pid)));
    return times.reduce((sum, ms) => sum + ms, 0);
  }

  get jobsDirectory(): string {
    return this.#home.jobs;
  }

  /** Models that answer with a released version. */
  liveModels(): number {
    const folder = targetHome(this.#home, target).repository;
    // A worker that was killed may have left the draft of a file beside it.
    const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
    const states = files.map((file) => readFileSync(join(folder, file), 'utf8'));
    return states.filter((text) => text.includes('"ready":[1]')).length;
  }

  async residentMib(worker: WorkerName): Promise<number> {
    return residentMib(this.#workers.get(worker)?.pid ?? 0);
  }

  /** A run whose stages do nothing, on a model of its own: runs of one model would wait for each other's deployment. */
  inputOf(name: string): RunInput {
    return {
      model: name,
      data: {
        kind: 'text',
        sources: [{ uri: pathToFileURL(join(this.#home.directory, 'rows.jsonl')).href }],
        split: { salt: name },
      },
      train: {
        method: 'scratch',
        scratch: { vocabSize: 512, hiddenSize: 32, layers: 1, heads: 2, intermediateSize: 64 },
      },
      smokeTest: { prompts: [{ prompt: 'yes?' }], warmupRequests: 0, repeats: 1 },
    };
  }

  async close(): Promise<void> {
    await this.client.connection.close();
    await stopProcesses([...this.#workers.values()], { signal: 'SIGTERM', timeoutMs: 15_000 });
    await stopProcesses([this.#temporal], { signal: 'SIGTERM', timeoutMs: 10_000 });
    rmSync(this.#home.directory, { recursive: true, force: true });
  }

  /** A bench that is ended leaves no server behind. */
  async #abandon(): Promise<void> {
    await this.close().finally(() => process.exit(1));
  }

  #environment(): Record<string, string> {
    return {
      WINDLASS_PLATFORM: this.#home.platformFile,
      WINDLASS_BENCH_JOBS: this.#jobs,
      WINDLASS_BENCH_BUNDLE: this.#bundle,
    };
  }

  async #start(server: BenchServer): Promise<void> {
    this.#workers.set(server.name, await startServer(this.#home, server));
  }
}

interface StackParts {
  readonly home: StackHome;
  readonly address: string;
  readonly connection: Connection;
  readonly bundle: string;
  readonly temporal: ProcessIdentity;
  readonly jobs: BenchStackOptions['jobs'];
}

function yamlOf({ approval }: BenchStackOptions): string {
  return `targets: { ${target}: { approval: { required: ${approval} } } }`;
}

function workerServer(name: WorkerName, environment: Record<string, string>): BenchServer {
  return nodeServer(name, [fileURLToPath(new URL('bench-worker.ts', import.meta.url)), name], environment);
}

function nodeServer(name: string, args: readonly string[], env: Record<string, string>): BenchServer {
  return { name, command: { file: installation.node, args, env }, readiness: workersReady };
}

async function bundleInto(home: StackHome, workflows: URL): Promise<string> {
  const logger = new DefaultLogger('ERROR');
  const { code } = await bundleWorkflows({ workflowsPath: fileURLToPath(workflows), logger });
  const file = join(home.directory, `bundle-${workflows.pathname.split('/').slice(-2).join('-')}.js`);
  writeFileSync(file, code);
  return file;
}
