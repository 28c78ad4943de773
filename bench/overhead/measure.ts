import { percentilesOf } from '../../src/activities/smoke/percentiles.ts';

/** Something that runs seven stages that do nothing. */
export interface System {
  readonly name: string;
  /** One run; the number is different for each. */
  readonly run: (serial: number) => Promise<void>;
  /** More runs one after the other would take too long. */
  readonly maxRepeats: number;
}

export interface Systems {
  readonly systems: readonly System[];
  readonly close: () => Promise<void>;
}

export interface Measurement {
  readonly system: string;
  readonly concurrent: number;
  readonly runs: number;
  /** Wall time of a run from its start to its result. */
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface MeasureOptions {
  /** How many runs at once, one measurement each. */
  readonly concurrents: readonly number[];
  /** Runs one after the other where one runs at a time. */
  readonly repeats: number;
}

/** After one run that does not count, that many at once; one at a time several times. */
export async function measure(
  system: System,
  { concurrents, repeats }: MeasureOptions,
): Promise<readonly Measurement[]> {
  let serial = 0;
  const timed = async (): Promise<number> => {
    serial += 1;
    const startedMs = performance.now();
    await system.run(serial);
    return performance.now() - startedMs;
  };
  await timed();
  const found: Measurement[] = [];
  for (const concurrent of concurrents) {
    const times: number[] = [];
    for (let round = 0; round < (concurrent === 1 ? repeats : 1); round += 1) {
      times.push(...(await Promise.all(Array.from({ length: concurrent }, timed))));
    }
    const { p50, p95 } = percentilesOf(times);
    found.push({ system: system.name, concurrent, runs: times.length, p50Ms: Math.round(p50), p95Ms: Math.round(p95) });
  }
  return found;
}
