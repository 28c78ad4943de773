import { openInference } from 'windlass/inference';

/** One request of the load: when it was sent (ms since the load began), how long it took, who answered. */
export interface Sample {
  readonly atMs: number;
  readonly durationMs: number;
  readonly version: number | null;
  /** Null: answered. */
  readonly error: string | null;
}

export interface Load {
  readonly samples: readonly Sample[];
  /** Since it was made. */
  readonly elapsedMs: () => number;
  /** A request a second from now on; again: changes nothing. */
  start(): void;
  /** No more requests; waits for those that are under way. */
  stop(): Promise<void>;
}

const intervalMs = 1000;
const timeoutMs = 60_000;

/** Asks the live model again and again, without a version as users do, whatever the last request took. */
export function createLoad(grpcAddress: string, model: string): Load {
  const client = openInference({ grpcAddress });
  const startedMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedMs;
  const samples: Sample[] = [];
  const underWay = new Set<Promise<void>>();
  const ask = async (): Promise<void> => {
    const atMs = elapsedMs();
    const outcome = await askOnce(client, model);
    samples.push({ atMs, durationMs: elapsedMs() - atMs, ...outcome });
  };
  const send = (): void => {
    const request = ask().finally(() => underWay.delete(request));
    underWay.add(request);
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    samples,
    elapsedMs,
    start: () => {
      timer ??= setInterval(send, intervalMs);
    },
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
      await client.close();
    },
  };
}

async function askOnce(
  client: ReturnType<typeof openInference>,
  modelName: string,
): Promise<Pick<Sample, 'version' | 'error'>> {
  try {
    let version: number | null = null;
    let finished = false;
    const request = {
      modelName,
      prompt: 'Define the noun "harbor".',
      maxTokens: 8,
      temperature: 0,
      stream: true,
      timeoutMs,
    };
    for await (const chunk of client.generate(request)) {
      version = chunk.modelVersion;
      finished ||= chunk.finishReason !== '';
    }
    return { version, error: finished ? null : 'the answer was cut off' };
  } catch (error) {
    return { version: null, error: error instanceof Error ? error.message : String(error) };
  }
}

export interface LoadFigures {
  readonly sent: number;
  readonly failed: number;
  /** Null: none was sent. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly versions: readonly number[];
}

/** The requests that were sent between two moments of the load. */
export function figuresBetween(samples: readonly Sample[], fromMs: number, toMs: number): LoadFigures {
  const chosen = samples.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const durations = chosen.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b);
  const at = (share: number): number | null => {
    const duration = durations[Math.ceil(durations.length * share) - 1];
    return duration === undefined ? null : Math.round(duration);
  };
  return {
    sent: chosen.length,
    failed: chosen.filter(({ error }) => error !== null).length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    versions: [...new Set(chosen.flatMap(({ version }) => (version === null ? [] : [version])))].toSorted(
      (a, b) => a - b,
    ),
  };
}
