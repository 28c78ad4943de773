import type { JobProgress } from '../contracts/job.ts';
import type { JobKind } from '../contracts/stage.ts';
import type { MetricPoint } from '../ports/tracking.ts';

/** `step 40/120 · loss 3.1 · ETA 0:52`: one line for the Temporal UI and the CLI. */
export function progressLine(progress: JobProgress): string {
  if (progress.etaSeconds === undefined) return progress.message;
  return `${progress.message} · ETA ${clock(progress.etaSeconds)}`;
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** The points of progress lines, named `<stage>/<metric>`; resending the same lines gives the same points. */
export function metricPoints(stage: JobKind, lines: readonly JobProgress[]): MetricPoint[] {
  return lines.flatMap((line) =>
    Object.entries(line.metrics ?? {}).map(([name, value]) => ({
      name: `${stage}/${name}`,
      value,
      step: line.step ?? 0,
      timeMs: line.timeMs,
    })),
  );
}

/** What a stage came to, in a group of its own (`final/train_validation_loss`), apart from the curves that its job streamed. */
export function finalPoints(stage: JobKind, metrics: Readonly<Record<string, number>>, timeMs: number): MetricPoint[] {
  return Object.entries(metrics).map(([name, value]) => ({ name: `final/${stage}_${name}`, value, step: 0, timeMs }));
}
