import type { JobWait, ToldJob } from './job-wait.ts';
import { queueWaitOf, waiting } from './job-wait.ts';
import type { JobObservation } from './observation.ts';
import { lost } from './observation.ts';
import type { ObservedEvent } from './observed.ts';
import { failedCondition, heldCondition, newestEvent } from './observed.ts';

/** For so long somebody may still bring what the pod needs. */
const refusalGraceMs = 120_000;
const aboutQuota = /exceeded quota|quota.*must specify/i;
const aboutServiceAccount = /service ?account.*not found/i;
const aboutAdmission = /denied|forbidden|violates|is invalid/i;

/** A Job that has no pod: it waits for one, cannot get one, or its pod is gone already. */
export function observeWithoutPod(events: readonly ObservedEvent[], told: ToldJob): JobObservation {
  const { job } = told;
  if (heldCondition(job, 'Complete') !== undefined)
    return { category: 'exited', state: { kind: 'exited', exitCode: 0 } };
  const failed = failedCondition(job);
  if (failed !== undefined)
    return lost('deleted', 'JobLost', `the pod was deleted before its exit code was read (${failed.reason})`);
  const wait = queueWaitOf(told);
  if (job.spec.suspend) return waiting('suspended', 'the Job waits for its queue to admit it', wait);
  const refusal = newestEvent(events, job.metadata.uid, ['FailedCreate']);
  if (refusal === undefined) return waiting('no-pod', 'the Job controller has made no pod yet', wait);
  return observeRefusal(refusal.message, wait);
}

/** Quota is room that others give back; the rest a person must mend. */
function observeRefusal(message: string, wait: JobWait): JobObservation {
  if (aboutQuota.test(message)) return waiting('quota', message, wait);
  const category = refusalCategory(message);
  if (category === 'no-pod' || wait.waitedMs < refusalGraceMs) return waiting(category, message, wait);
  return lost(category, 'InvalidConfig', message);
}

function refusalCategory(message: string): 'missing-service-account' | 'admission-denied' | 'no-pod' {
  if (aboutServiceAccount.test(message)) return 'missing-service-account';
  return aboutAdmission.test(message) ? 'admission-denied' : 'no-pod';
}
