import type { Metrics } from '../../ports/metrics.ts';
import { unmeasured } from '../../ports/metrics.ts';
import type { ApiServer } from './api-server.ts';
import { jobContainerName } from './job-container.ts';
import { createOpenStream } from './open-stream.ts';
import { toAdapterError } from './to-adapter-error.ts';

export interface PodLogRequest {
  readonly pod: string;
  /** RFC 3339; the API server cuts it to seconds. Null: from the beginning. */
  readonly since: string | null;
  readonly signal: AbortSignal;
}

/**
 * What a job's container has written since, and what it goes on to write: lines with their times. Ends when the container has ended, and
 * whenever the answer was silent or open for long: followers that wait for a node to say something wait for ever when its log file
 * changes under them (kubernetes#126564), and a kubelet ends all answers after four hours.
 * @throws AdapterError where there is no answer, or no log
 */
export type PodLogStream = (request: PodLogRequest) => AsyncGenerator<Buffer>;

export interface PodLogStreamOptions {
  /** 60 s. */
  readonly silentMs?: number;
  /** 30 min. */
  readonly openMs?: number;
  readonly metrics?: Metrics;
}

export function createPodLogStream(
  server: ApiServer,
  namespace: string,
  { silentMs = 60_000, openMs = 1_800_000, metrics = unmeasured }: PodLogStreamOptions = {},
): PodLogStream {
  const open = createOpenStream(server, metrics);
  return async function* streamOf({ pod, since, signal }) {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`;
    const name = `Kubernetes GET ${server.url}${path}`;
    const limit = limitOf({ silentMs, openMs });
    try {
      const response = await open({
        path: `${path}?${queryOf(since)}`,
        name,
        signal: AbortSignal.any([signal, limit.signal]),
      });
      for await (const bytes of response) {
        limit.putOff();
        yield bytes as Buffer;
      }
    } catch (error) {
      if (!signal.aborted && !limit.signal.aborted) throw toAdapterError(error, name);
    } finally {
      limit.cancel();
    }
  };
}

function queryOf(since: string | null): string {
  const query = { container: jobContainerName, follow: 'true', timestamps: 'true' };
  return new URLSearchParams(since === null ? query : { ...query, sinceTime: since }).toString();
}

interface Limit {
  readonly signal: AbortSignal;
  /** Something came. */
  putOff(): void;
  cancel(): void;
}

function limitOf({ silentMs, openMs }: Required<Omit<PodLogStreamOptions, 'metrics'>>): Limit {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  const timers = [setTimeout(end, silentMs).unref(), setTimeout(end, openMs).unref()] as const;
  return {
    signal: controller.signal,
    putOff: () => void timers[0].refresh(),
    cancel: () => timers.forEach(clearTimeout),
  };
}
