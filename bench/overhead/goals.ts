import type { Measurement } from './measure.ts';
import { systemNames } from './system-names.ts';

export interface Goal {
  readonly goal: string;
  readonly ratio: number;
  readonly limit: number;
  readonly isMet: boolean;
}

/** p50 in milliseconds with one run at a time; null: not measured. */
export interface Verdict {
  /** With a process for each job, as it is shipped. */
  readonly windlassMs: number | null;
  /** With jobs that do nothing inside the jobs worker. */
  readonly windlassInProcessMs: number | null;
  readonly bareSdkMs: number | null;
  readonly metaflowMs: number | null;
  readonly goals: readonly Goal[];
}

export function judge(measurements: readonly Measurement[]): Verdict {
  const p50Of = (name: string): number | null =>
    measurements.find(({ system, concurrent }) => system === name && concurrent === 1)?.p50Ms ?? null;
  const windlassMs = p50Of(systemNames.windlass);
  const windlassInProcessMs = p50Of(systemNames.windlassInProcess);
  const bareSdkMs = p50Of(systemNames.bareSdk);
  const metaflowMs = p50Of(systemNames.metaflow);
  const goals = [
    goalOf('Windlass with a process for each job, beside Metaflow', {
      ms: windlassMs,
      besideMs: metaflowMs,
      limit: 0.2,
    }),
    goalOf('Windlass without, beside the bare SDK', { ms: windlassInProcessMs, besideMs: bareSdkMs, limit: 2 }),
  ];
  return { windlassMs, windlassInProcessMs, bareSdkMs, metaflowMs, goals: goals.filter((goal) => goal !== null) };
}

interface Comparison {
  readonly ms: number | null;
  readonly besideMs: number | null;
  readonly limit: number;
}

function goalOf(goal: string, { ms, besideMs, limit }: Comparison): Goal | null {
  if (ms === null || besideMs === null) return null;
  const ratio = Math.round((ms / besideMs) * 100) / 100;
  return { goal, ratio, limit, isMet: ratio <= limit };
}
