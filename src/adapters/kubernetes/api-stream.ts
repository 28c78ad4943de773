import type { Metrics } from '../../ports/metrics.ts';
import type { ApiServer } from './api-server.ts';
import { createOpenStream } from './open-stream.ts';
import { toAdapterError } from './to-adapter-error.ts';

export interface ApiStreamRequest {
  /** Below the server, such as `/api/v1/namespaces/jobs/pods`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Ends the stream, however it is. */
  readonly signal: AbortSignal;
}

/**
 * The answer to one GET, as it comes: each piece is a sign of life, the first one is empty and says that the server has agreed. It is not
 * tried again here: whoever follows a stream knows from where to go on.
 * @throws AdapterError as of a call, and `Unavailable` where nothing came for too long
 */
export type ApiStream = (request: ApiStreamRequest) => AsyncGenerator<string>;

export function createApiStream(server: ApiServer, idleMs: number, metrics: Metrics): ApiStream {
  const open = createOpenStream(server, metrics);
  return async function* streamOf({ path, query, signal }) {
    const name = `Kubernetes GET ${server.url}${path}`;
    const silence = endAfter(idleMs);
    try {
      const response = await open({
        path: `${path}?${new URLSearchParams(query).toString()}`,
        name,
        signal: AbortSignal.any([signal, silence.signal]),
      });
      yield '';
      for await (const piece of response.setEncoding('utf8')) {
        silence.putOff();
        yield piece as string;
      }
    } catch (error) {
      throw toAdapterError(silence.signal.aborted ? silence.signal.reason : error, name);
    } finally {
      silence.cancel();
    }
  };
}

/** A connection whose other end is gone says nothing, for as long as one listens. */
function endAfter(idleMs: number): { readonly signal: AbortSignal; putOff(): void; cancel(): void } {
  const controller = new AbortController();
  const end = (): void => controller.abort(new Error(`nothing came for ${idleMs / 1000} s`));
  const timer = setTimeout(end, idleMs).unref();
  return { signal: controller.signal, putOff: () => void timer.refresh(), cancel: () => clearTimeout(timer) };
}
