/**
 * Every failure Windlass names, and what is done about it. `permanent` is never retried: the same input fails again.
 * `transient` is retried by the profile of the call. `resource` is never retried blindly: something has to be freed or asked for
 * less of, which a person does. `advice` is shown to people beside the message.
 */
export const failures = {
  // asked for wrongly
  InvalidSpec: { class: 'permanent', advice: 'Correct the named fields of the run input and start again.' },
  InvalidConfig: { class: 'permanent', advice: 'Correct the named parameter of the stage.' },
  InvalidData: { class: 'permanent', advice: 'Correct the named file, row and field of the source.' },
  MissingInput: { class: 'permanent', advice: 'Check that the named file or artifact still exists.' },
  NotFound: { class: 'permanent', advice: 'Check the name.' },
  // the work itself
  CorruptArtifact: {
    class: 'permanent',
    advice: 'The bytes differ from their digest: restore or rebuild the artifact.',
  },
  IncompatibleEnvironment: { class: 'permanent', advice: 'Build the engine for the machine that serves it.' },
  TrainingDiverged: { class: 'permanent', advice: 'Lower the learning rate or look for bad rows.' },
  NoProgress: { class: 'permanent', advice: 'Train for fewer steps or with another learning rate.' },
  ParityFailed: { class: 'permanent', advice: 'Use a finer quantisation or raise the tolerance knowingly.' },
  StageTimedOut: {
    class: 'permanent',
    advice: 'Raise timeouts.<stage> and go on; a training goes on from its newest checkpoint.',
  },
  QueueTimedOut: {
    class: 'resource',
    advice:
      'Make room for what it waited for, ask for less, or raise queueSeconds of the platform file; then retry the stage.',
  },
  StartTimedOut: {
    class: 'transient',
    advice: 'Mend what the pod waited for (volume, image, network), or raise startSeconds of the platform file.',
  },
  JobCrashed: { class: 'transient', advice: 'Read the end of the job log.' },
  JobStalled: {
    class: 'transient',
    advice: 'Look for what it waits for in its log, or raise stallTimeouts.<stage> where it is only slow.',
  },
  JobLost: {
    class: 'transient',
    advice: 'The process disappeared without an exit code (out of memory, kill -9, reboot).',
  },
  Preempted: { class: 'transient', advice: 'The job saved a checkpoint and goes on from there.' },
  ResultMissing: { class: 'transient', advice: 'The job ended with 0 but left no result that verifies.' },
  OutOfMemory: {
    class: 'resource',
    advice: 'Ask for less (a smaller batch, fewer tokens, fewer threads) or free memory, then retry the stage.',
  },
  // serving
  EngineRejected: { class: 'permanent', advice: 'Triton could not load the engine: read its reason.' },
  StaleFence: { class: 'permanent', advice: 'Another deployer holds the target now.' },
  TargetFrozen: { class: 'permanent', advice: 'Unfreeze the target first.' },
  VersionConflict: { class: 'permanent', advice: 'The version is published with other bytes: allocate a new version.' },
  VerificationFailed: { class: 'transient', advice: 'The server does not show the state it was asked for.' },
  AccessDenied: { class: 'permanent', advice: 'Check the secret or the credentials of the named system.' },
  // systems
  Unavailable: { class: 'transient', advice: 'The named system cannot be reached; it is tried again.' },
  Conflict: { class: 'transient', advice: 'Another writer was faster; the operation is tried again.' },
  StorageFull: { class: 'resource', advice: 'Free disk space, then retry.' },
  StageClaimed: { class: 'transient', advice: 'Another run does the same work; its result is awaited.' },
  Unexpected: { class: 'transient', advice: 'Report this with the log of the worker.' },
  // how runs end
  RunRejected: { class: 'permanent', advice: 'The release owner rejected the release.' },
  ApprovalExpired: { class: 'permanent', advice: 'Start the run again; finished stages are reused.' },
  GateRefused: { class: 'permanent', advice: 'Read the evaluation report.' },
  SmokeTestFailed: { class: 'permanent', advice: 'Read which figure missed which bound.' },
  RollbackFailed: {
    class: 'permanent',
    advice: 'The target is brought back as soon as its servers allow: look at them, and at windlass releases.',
  },
} as const satisfies Record<string, FailureRow>;

interface FailureRow {
  readonly class: 'permanent' | 'transient' | 'resource';
  readonly advice: string;
}

export type FailureName = keyof typeof failures;

/** A failure as data: what a job's result and a run's status carry. */
export interface Failure {
  readonly name: FailureName;
  readonly message: string;
  readonly advice?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function isFailureName(name: string): name is FailureName {
  return Object.hasOwn(failures, name);
}

export function isRetryable(name: FailureName): boolean {
  return failures[name].class === 'transient';
}
