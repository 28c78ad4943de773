import { Listr } from 'listr2';
import type { ServerState, StackState } from '../contracts/stack-state.ts';
import { workerNames } from './servers/workers.ts';

/** Names of all servers of a stack with these targets, in the order they are shown. */
function serverNames(targets: readonly string[]): readonly string[] {
  return ['temporal', 'mlflow', ...targets.map((target) => `triton-${target}`), ...workerNames];
}

/** One line per server that ends when the server is ready. */
export class UpProgress {
  readonly #list: Listr<unknown, 'default' | 'silent'>;
  readonly #lines: ReadonlyMap<string, PromiseWithResolvers<ServerState>>;

  constructor(targets: readonly string[], options: { readonly silent: boolean }) {
    this.#lines = new Map(serverNames(targets).map((name) => [name, Promise.withResolvers<ServerState>()] as const));
    const tasks = [...this.#lines].map(([name, line]) => ({
      title: name,
      task: async (_context: unknown, task: { title: string }): Promise<void> => {
        const { readyMs } = await line.promise;
        task.title = `${name} ready in ${((readyMs ?? 0) / 1000).toFixed(1)} s`;
      },
    }));
    const renderer: 'default' | 'silent' = options.silent ? 'silent' : 'default';
    this.#list = new Listr(tasks, { concurrent: true, renderer, fallbackRenderer: 'simple', exitOnError: false });
  }

  /** Shows the list until every line has ended. */
  async show(): Promise<void> {
    await this.#list.run();
  }

  update(state: StackState): void {
    for (const server of state.servers) if (server.phase === 'ready') this.#lines.get(server.name)?.resolve(server);
  }

  /** Ends the lines that wait: the start has failed. */
  fail(): void {
    for (const line of this.#lines.values()) line.reject(new Error('not ready'));
  }
}
