import { pino } from 'pino';
import type { Logger } from 'pino';
import { stopJobs } from '../adapters/process/stop-jobs.ts';
import type { ProcessIdentity, ServerState, StackState } from '../contracts/stack-state.ts';
import type { Installation } from './installation.ts';
import { findMarked, identifyProcess } from './process-marks.ts';
import { waitUntilReady } from './readiness.ts';
import { buildServerEnvironment } from './server-environment.ts';
import { launchServer } from './server-process.ts';
import type { ServerSpec } from './server-spec.ts';
import { jobGraceMs } from './stop-stack.ts';
import { logFile } from './stack-home.ts';
import type { StackHome } from './stack-home.ts';
import type { StackPlan } from './stack-plan.ts';
import { writeState } from './state-file.ts';
import { stopProcesses } from './stop-processes.ts';
import { SupervisedServer } from './supervised-server.ts';

export interface SupervisorOptions {
  readonly installation: Installation;
  readonly home: StackHome;
  readonly plan: StackPlan;
}

/** Runs all servers of a plan, keeps `state.json` up to date, and stops them in reverse order. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #identity: ProcessIdentity;
  readonly #log: Logger;
  readonly #servers: readonly SupervisedServer[];
  #stopping: Promise<void> | null = null;

  private constructor(options: SupervisorOptions, identity: ProcessIdentity) {
    this.#options = options;
    this.#identity = identity;
    this.#log = pino({ name: 'supervisor' }, pino.destination({ dest: options.home.supervisorLog, sync: true }));
    this.#servers = options.plan.servers.map((spec) => new SupervisedServer(spec, this.#surroundings()));
  }

  /** Starts every server as soon as those it depends on are ready. */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const supervisor = new Supervisor(options, await identifyProcess(process.pid));
    supervisor.#log.info({ home: options.home.directory }, 'supervisor started');
    for (const server of supervisor.#servers) server.start(supervisor.#dependenciesOf(server.spec));
    return supervisor;
  }

  /** Workers first, then the jobs they started, then what they used. Asked twice, it is done once. */
  async stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    await this.#stopping;
  }

  async #stopAll(): Promise<void> {
    this.#log.info('supervisor stops its servers');
    const [dependent, basic] = [
      this.#servers.filter(hasDependency),
      this.#servers.filter((server) => !hasDependency(server)),
    ];
    await Promise.all(dependent.map((server) => server.stop()));
    const jobs = await stopJobs(this.#options.home.jobs, jobGraceMs);
    if (jobs.length > 0)
      this.#log.info({ jobs }, 'running jobs were stopped; their runs go on from here after the next start');
    await Promise.all(basic.map((server) => server.stop()));
    this.#log.info('supervisor ends');
  }

  #dependenciesOf(spec: ServerSpec): readonly Promise<void>[] {
    return this.#servers.filter((server) => spec.after.includes(server.spec.name)).map((server) => server.ready);
  }

  #surroundings(): ConstructorParameters<typeof SupervisedServer>[1] {
    return {
      launch: (spec) => this.#launch(spec),
      waitUntilReady: (spec, { logOffset }, signal) => {
        const note = (message: string, details: Readonly<Record<string, unknown>>): void => {
          this.#log.info({ server: spec.name, ...details }, message);
        };
        return waitUntilReady(spec.readiness, {
          logFile: logFile(this.#options.home, spec.name),
          logOffset,
          signal,
          note,
        });
      },
      sweep: (spec) => this.#sweep(spec),
      log: (level, message, details) => this.#log[level](details, message),
      changed: () => this.#writeState(),
    };
  }

  #launch(spec: ServerSpec): ReturnType<typeof launchServer> {
    const { home, installation } = this.#options;
    const names = { homeDirectory: home.directory, server: spec.name, venvBin: installation.venvBin };
    return launchServer({
      command: spec.command,
      environment: buildServerEnvironment(spec.command, process.env, names),
      directory: home.directory,
      logFile: logFile(home, spec.name),
    });
  }

  /** Jobs outlive the worker that started them: they are not part of it here. */
  async #sweep(spec: ServerSpec): Promise<void> {
    const marked = await findMarked(this.#options.home.directory);
    const own = marked.filter((entry) => entry.server === spec.name && !entry.isJob);
    const left = await stopProcesses(own, { signal: spec.stopSignal, timeoutMs: spec.stopTimeoutMs });
    if (left.length > 0)
      this.#log.error({ server: spec.name, pids: left.map(({ pid }) => pid) }, 'processes cannot be ended');
  }

  #writeState(): void {
    const { home, plan } = this.#options;
    const servers = this.#servers.map((server): ServerState => {
      return { name: server.spec.name, logFile: logFile(home, server.spec.name), ...server.state };
    });
    const state: StackState = {
      schema: 'windlass.stack/v1',
      home: home.directory,
      phase: phaseOf(servers, this.#stopping !== null),
      supervisor: this.#identity,
      servers,
      endpoints: plan.endpoints,
    };
    writeState(home.stateFile, state);
  }
}

function hasDependency(server: SupervisedServer): boolean {
  return server.spec.after.length > 0;
}

/** @returns `ready` when every server is. */
export function phaseOf(servers: readonly ServerState[], stopping: boolean): StackState['phase'] {
  if (stopping) return 'stopping';
  return servers.every((server) => server.phase === 'ready') ? 'ready' : 'starting';
}
