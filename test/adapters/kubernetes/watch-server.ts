import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiServer } from '../../../src/adapters/kubernetes/api-server.ts';

export type Kind = 'jobs' | 'pods';
type Fields = Readonly<Record<string, unknown>>;

interface Happened {
  readonly version: number;
  readonly kind: Kind;
  readonly line: string;
}

/** An API server that lists Jobs and pods and lets them be watched, and that can be made to misbehave as real ones do. */
export class WatchServer {
  readonly requests: URL[] = [];
  /** From now on every request is answered with this status; null: as it should be. */
  refusal: number | null = null;
  /** Lists come in pages of this size, whatever was asked for. */
  pageSize = 500;
  /** Watches begin, and say nothing. */
  isSilent = false;
  connections = 0;
  readonly #http: Server;
  readonly #objects = new Map<string, { readonly kind: Kind; readonly object: Fields }>();
  readonly #watches = new Map<ServerResponse, Kind>();
  #history: Happened[] = [];
  #version = 1;
  /** Watches from versions before it are refused. */
  #oldest = 0;

  static async start(): Promise<WatchServer> {
    const server = new WatchServer();
    await new Promise<void>((resolve) => void server.#http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  constructor() {
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#http.on('connection', () => (this.connections += 1));
  }

  get api(): ApiServer {
    const tls = { ca: undefined, cert: undefined, key: undefined, rejectUnauthorized: true };
    return { url: `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`, tls, token: async () => 'secret' };
  }

  lists(kind: Kind): readonly URL[] {
    return this.requests.filter((url) => url.pathname.endsWith(`/${kind}`) && !url.searchParams.has('watch'));
  }

  watches(kind: Kind): readonly URL[] {
    return this.requests.filter((url) => url.pathname.endsWith(`/${kind}`) && url.searchParams.has('watch'));
  }

  put(kind: Kind, object: Fields): void {
    const key = keyOf(kind, object);
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    this.#objects.set(key, { kind, object });
    this.#tell(kind, type, object);
  }

  remove(kind: Kind, object: Fields): void {
    this.#objects.delete(keyOf(kind, object));
    this.#tell(kind, 'DELETED', object);
  }

  /** A deletion of which no watch ever hears. */
  removeUnseen(kind: Kind, object: Fields): void {
    this.#objects.delete(keyOf(kind, object));
  }

  /** @returns the version that the bookmark has */
  bookmark(): string {
    this.#version += 1;
    for (const kind of ['jobs', 'pods'] as const)
      this.say(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata: this.#metadata() } })}\n`, kind);
    return `v${this.#version}`;
  }

  /** To all who watch, as it is. */
  say(text: string, kind: Kind): void {
    if (this.isSilent) return;
    for (const [response, watched] of this.#watches) if (watched === kind) response.write(text);
  }

  /** Forgets what has happened. */
  compact(): void {
    this.#version += 1;
    this.#oldest = this.#version;
    this.#history = [];
  }

  /** As a load balancer does, or a server that is killed. */
  resetWatches(): void {
    for (const response of this.#watches.keys()) response.socket?.destroy();
  }

  endWatches(): void {
    for (const response of this.#watches.keys()) response.end();
    this.#watches.clear();
  }

  openWatches(): number {
    return this.#watches.size;
  }

  close(): void {
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #tell(kind: Kind, type: string, object: Fields): void {
    this.#version += 1;
    const metadata = { ...(object['metadata'] as Fields), ...this.#metadata() };
    const line = `${JSON.stringify({ type, object: { ...object, metadata } })}\n`;
    this.#history.push({ version: this.#version, kind, line });
    this.say(line, kind);
  }

  #metadata(): Fields {
    return { resourceVersion: `v${this.#version}` };
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://api');
    const kind = url.pathname.endsWith('/jobs') ? 'jobs' : 'pods';
    this.requests.push(url);
    if (this.refusal !== null) void response.writeHead(this.refusal).end(JSON.stringify({ message: 'no' }));
    else if (url.searchParams.has('watch')) this.#watch(kind, url, response);
    else this.#list(kind, url, response);
  }

  #list(kind: Kind, url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('continue') ?? 0);
    const all = [...this.#objects.values()].filter((one) => one.kind === kind).map(({ object }) => object);
    const items = all.slice(from, from + this.pageSize);
    const further = from + items.length < all.length ? { continue: String(from + items.length) } : {};
    response.end(JSON.stringify({ metadata: { ...this.#metadata(), ...further }, items }));
  }

  #watch(kind: Kind, url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion')?.slice(1));
    const missed = this.#history.filter((one) => one.kind === kind && one.version > from);
    if (from < this.#oldest) return void response.writeHead(410).end(JSON.stringify({ reason: 'Expired' }));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.#watches.set(response, kind);
    response.on('close', () => this.#watches.delete(response));
    if (!this.isSilent) for (const { line } of missed) response.write(line);
  }
}

function keyOf(kind: Kind, object: Fields): string {
  return `${kind}/${String((object['metadata'] as Fields)['uid'])}`;
}
