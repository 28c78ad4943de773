import { percentilesOf } from '../../src/activities/smoke/percentiles.ts';

/** Something that runs seven stages that do nothing. */
export interface System {
  readonly name: string;
  /** One run; the number is different for each. */
  readonly run: (serial: number) => Promise<void>;
  /** Steps of one run whose results outlive a crash: activities, processes with a datastore. */
  readonly durableSteps: (serial: number) => Promise<number>;
  /** Processor time that all runs so far took, of every process that works for them. */
  readonly processorMs: () => Promise<number>;
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
  readonly durableSteps: number;
  /** Wall time of a run from its start to its result. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Processor time of one run: says more than wall time on a machine that is busy with other things. */
  readonly processorMs: number;
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
  const durableSteps = await system.durableSteps(serial);
  const found: Measurement[] = [];
  for (const concurrent of concurrents) {
    const times: number[] = [];
    const beforeMs = await system.processorMs();
    for (let round = 0; round < (concurrent === 1 ? repeats : 1); round += 1) {
      times.push(...(await Promise.all(Array.from({ length: concurrent }, timed))));
    }
    const processorMs = Math.round(((await system.processorMs()) - beforeMs) / times.length);
    const { p50, p95 } = percentilesOf(times);
    const figures = {
      concurrent,
      runs: times.length,
      durableSteps,
      processorMs,
      p50Ms: Math.round(p50),
      p95Ms: Math.round(p95),
    };
    found.push({ system: system.name, ...figures });
  }
  return found;
}
