import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiServer } from '../../../src/adapters/kubernetes/api-server.ts';
import { ContainerLog } from './container-log.ts';
import { at, exited, jobObject, podObject } from './seen-jobs.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Follower {
  readonly response: ServerResponse;
  readonly since: bigint;
  /** Entries that it has. */
  sent: number;
  /** It gets nothing any more, and is told nothing of it (kubernetes#126564). */
  isStalled: boolean;
}

/** An API server with one Job and one pod, whose log it serves as a kubelet does, and as one that misbehaves. */
export class LogServer {
  log = new ContainerLog(at(3));
  /** Of the log alone. */
  readonly logRequests: URL[] = [];
  /** What requests for the log are answered with; null: with the log. */
  refusal: number | null = null;
  readonly #http: Server;
  readonly #followers = new Set<Follower>();
  #job: Fields | null = jobObject();
  #pod: Fields | null = runningPod('pod-1', at(1));

  constructor() {
    this.#http = createServer((request, response) => this.#answer(request, response));
  }

  static async start(): Promise<LogServer> {
    const server = new LogServer();
    await new Promise<void>((resolve) => void server.#http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get api(): ApiServer {
    const tls = { ca: undefined, cert: undefined, key: undefined, rejectUnauthorized: true };
    return { url: `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`, tls, token: async () => 'secret' };
  }

  write(text: string, stepNanos?: bigint): void {
    this.log.write(text, stepNanos);
    this.#send();
  }

  get followers(): number {
    return this.#followers.size;
  }

  /** The node puts the log file away; followers that are there go on. */
  rotate(): void {
    this.log.rotate();
  }

  stall(): void {
    for (const follower of this.#followers) follower.isStalled = true;
  }

  /** As a load balancer does, or a server that is killed. */
  cut(): void {
    for (const { response } of this.#followers) response.socket?.destroy();
  }

  /** The container ends, and with it whoever follows. */
  end(exitCode: number): void {
    this.#pod = { ...this.#pod, ...endOf(exitCode) };
    for (const { response, isStalled } of this.#followers) if (!isStalled) response.end();
  }

  removePod(): void {
    this.#pod = null;
    this.cut();
  }

  /** The queue takes the Job back and admits it again: another pod, with a log of its own. */
  replacePod(): void {
    this.cut();
    this.log = new ContainerLog(at(60));
    this.#pod = runningPod('pod-2', at(50));
  }

  close(): void {
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    const asked = new URL(url, 'http://api');
    if (method === 'DELETE') [this.#job, this.#pod] = [null, null];
    if (asked.pathname.endsWith('/log')) return this.#answerLog(asked, response);
    if (asked.pathname.endsWith('/pods')) return void response.end(listOf(this.#pod));
    if (asked.pathname.endsWith('/events')) return void response.end(listOf(null));
    response.writeHead(this.#job === null ? 404 : 200).end(JSON.stringify(this.#job ?? {}));
  }

  #answerLog(asked: URL, response: ServerResponse): void {
    this.logRequests.push(asked);
    const status = this.refusal ?? (this.#pod === null ? 404 : 200);
    if (status !== 200) return void response.writeHead(status).end(JSON.stringify({ message: 'no log' }));
    const since = sinceOf(asked);
    const hasTimes = asked.searchParams.get('timestamps') === 'true';
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write(this.log.read({ since, hasTimes }));
    if (asked.searchParams.get('follow') !== 'true' || this.#hasEnded()) return void response.end();
    response.flushHeaders();
    const follower = { response, since, sent: this.log.length, isStalled: false };
    this.#followers.add(follower);
    response.on('close', () => this.#followers.delete(follower));
  }

  #send(): void {
    for (const follower of this.#followers) {
      if (follower.isStalled) continue;
      follower.response.write(this.log.read({ since: follower.since, from: follower.sent }));
      follower.sent = this.log.length;
    }
  }

  #hasEnded(): boolean {
    return JSON.stringify(this.#pod).includes('terminated');
  }
}

/** The API server forgets all below a second. */
function sinceOf({ searchParams }: URL): bigint {
  const asked = searchParams.get('sinceTime');
  return asked === null ? 0n : BigInt(Math.floor(Date.parse(asked) / 1000)) * 1_000_000_000n;
}

function runningPod(name: string, created: string): Fields {
  const pod = podObject({ status: { phase: 'Running' }, container: { running: { startedAt: at(3) } }, created });
  return { ...pod, metadata: { ...(pod['metadata'] as Fields), name } };
}

function endOf(exitCode: number): Fields {
  return {
    status: podObject({ status: { phase: exitCode === 0 ? 'Succeeded' : 'Failed' }, container: exited(exitCode) })[
      'status'
    ],
  };
}

function listOf(item: Fields | null): string {
  return JSON.stringify({ metadata: {}, items: item === null ? [] : [item] });
}
