import type { Kubectl } from './kubectl.ts';
import type { Spread } from './spread.ts';
import { spreadOf } from './spread.ts';
import type { StartWatch } from './start-watch.ts';
import type { Starter, StarterName } from './starters.ts';

/** From the call on. */
export interface StartFigures {
  readonly answered: Spread;
  readonly podCreated: Spread;
  readonly podScheduled: Spread;
  readonly containerRunning: Spread;
}

export interface StartsMeasured {
  readonly starters: ReadonlyMap<StarterName, StartFigures>;
  /** What starting kubectl takes where it asks nothing; null: it is not here. */
  readonly kubectlItself: Spread | null;
}

export interface StartsToMeasure {
  readonly starters: readonly Starter[];
  readonly kubectl: Kubectl | null;
  readonly watch: StartWatch;
  /** By each starter. */
  readonly starts: number;
}

type TimedStart = Readonly<Record<keyof StartFigures, number>>;

/**
 * One start at a time, by all starters in turn, so that all see the same machine; each round another one comes first, so that none is
 * always behind the same. The first round does not count: it pays for what is done once.
 */
export async function measureStarts({ starters, kubectl, watch, starts }: StartsToMeasure): Promise<StartsMeasured> {
  const timed = new Map<StarterName, TimedStart[]>(starters.map(({ name }) => [name, []]));
  const itselfMs: number[] = [];
  for (let round = 0; round <= starts; round += 1) {
    for (const starter of rotated(starters, round)) {
      const start = await timeStart(starter, watch, round);
      if (round > 0) timed.get(starter.name)?.push(start);
    }
    if (kubectl !== null && round > 0) itselfMs.push(await timeItself(kubectl));
  }
  return {
    starters: new Map([...timed].map(([name, all]) => [name, figuresOf(all)])),
    kubectlItself: kubectl === null ? null : spreadOf(itselfMs),
  };
}

function rotated(starters: readonly Starter[], round: number): readonly Starter[] {
  const first = round % starters.length;
  return [...starters.slice(first), ...starters.slice(0, first)];
}

/** Until the job has ended, so that the next one has the node for itself. */
async function timeStart(starter: Starter, watch: StartWatch, serial: number): Promise<TimedStart> {
  const start = await starter.prepare(serial);
  const beganMs = performance.now();
  const jobUid = await start();
  const answeredMs = performance.now();
  const { createdMs, scheduledMs, runningMs } = await watch.ended(jobUid);
  return {
    answered: answeredMs - beganMs,
    podCreated: createdMs - beganMs,
    podScheduled: scheduledMs - beganMs,
    containerRunning: runningMs - beganMs,
  };
}

async function timeItself(kubectl: Kubectl): Promise<number> {
  const beganMs = performance.now();
  await kubectl.doNothing();
  return performance.now() - beganMs;
}

function figuresOf(starts: readonly TimedStart[]): StartFigures {
  const of = (phase: keyof TimedStart): Spread => spreadOf(starts.map((start) => start[phase]));
  return {
    answered: of('answered'),
    podCreated: of('podCreated'),
    podScheduled: of('podScheduled'),
    containerRunning: of('containerRunning'),
  };
}
