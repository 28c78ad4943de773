import { decidingEnd, endsOf } from './ended-pods.ts';
import { leadingPod, newestPods } from './job-pods.ts';
import type { LogSource } from './log-archive.ts';
import type { ObservedPod } from './observed.ts';

/** A pod whose log is kept, and where among the others. */
export type ToldPod = Pick<LogSource, 'pod' | 'createdMs'>;

/** Folders of logs are told apart by the second. One pod cannot end in one before that in which the leading one was made. */
const nextSecondMs = 1000;

/** The pods of which a job's log is made: the one that leads, and behind it another one that has brought the job to its end. */
export function toldPods(pods: readonly ObservedPod[]): readonly ToldPod[] {
  const leading = leadingPod(pods);
  const failed = decidingEnd(endsOf(newestPods(pods), 0));
  const told = leading === undefined ? [] : [toldPod(leading)];
  if (failed === null || failed.pod === leading) return told;
  return [...told, { pod: failed.pod.metadata.name, createdMs: failed.endedMs + nextSecondMs }];
}

export function toldPod({ metadata }: ObservedPod): ToldPod {
  return { pod: metadata.name, createdMs: metadata.creationTimestamp };
}
