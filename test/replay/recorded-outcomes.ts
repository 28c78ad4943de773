import type { FailureName } from '../../src/contracts/failures.ts';
import type { workflowTypes } from '../../src/contracts/names.ts';
import type { RunPhase } from '../../src/contracts/run-status.ts';

/** What a recorded history stands for: the file `histories/<name>.json` begins and ends so. */
export interface RecordedOutcome {
  readonly workflow: keyof typeof workflowTypes;
  /** How the last event ends it; `open`: it waits. */
  readonly end: 'completed' | 'failed' | 'canceled' | 'continued-as-new' | 'open';
  /** Of a workflow that failed. */
  readonly failure?: FailureName;
  /** The last activities that were called, oldest first: where it turned. */
  readonly turn: readonly string[];
}

/** Every way in which a workflow can go and end. A new way gets a row here and a recording in scripts/record-histories.ts. */
export const recordedOutcomes = {
  'llm-pipeline-released': { workflow: 'llmPipeline', end: 'completed', turn: ['releaseTarget', 'closeTrackingRun'] },
  'llm-pipeline-reused': { workflow: 'llmPipeline', end: 'completed', turn: ['releaseTarget', 'closeTrackingRun'] },
  'llm-pipeline-approved-by-signal': {
    workflow: 'llmPipeline',
    end: 'completed',
    turn: ['releaseTarget', 'closeTrackingRun'],
  },
  'llm-pipeline-job-retried': { workflow: 'llmPipeline', end: 'completed', turn: ['closeTrackingRun'] },
  'llm-pipeline-alias-refused': {
    workflow: 'llmPipeline',
    end: 'completed',
    turn: ['alignAliases', 'retireVersions', 'releaseTarget', 'closeTrackingRun'],
  },
  'llm-pipeline-waiting': { workflow: 'llmPipeline', end: 'open', turn: ['tagVersion'] },
  'llm-pipeline-invalid-spec': { workflow: 'llmPipeline', end: 'failed', failure: 'InvalidSpec', turn: ['resolveRun'] },
  'llm-pipeline-rebuilt': { workflow: 'llmPipeline', end: 'completed', turn: ['releaseTarget', 'closeTrackingRun'] },
  'llm-pipeline-stage-failed': {
    workflow: 'llmPipeline',
    end: 'failed',
    failure: 'InvalidData',
    turn: ['submitJob', 'awaitJob', 'collectJob', 'closeTrackingRun'],
  },
  'llm-pipeline-parked': {
    workflow: 'llmPipeline',
    end: 'open',
    turn: ['submitJob', 'awaitJob', 'collectJob'],
  },
  'llm-pipeline-repaired': { workflow: 'llmPipeline', end: 'completed', turn: ['releaseTarget', 'closeTrackingRun'] },
  'llm-pipeline-forked': { workflow: 'llmPipeline', end: 'completed', turn: ['releaseTarget', 'closeTrackingRun'] },
  'llm-pipeline-repair-refused': {
    workflow: 'llmPipeline',
    end: 'canceled',
    turn: ['collectJob', 'amendRun', 'closeTrackingRun'],
  },
  'llm-pipeline-repair-expired': {
    workflow: 'llmPipeline',
    end: 'failed',
    failure: 'TrainingDiverged',
    turn: ['submitJob', 'awaitJob', 'collectJob', 'closeTrackingRun'],
  },
  'llm-pipeline-gate-refused': {
    workflow: 'llmPipeline',
    end: 'failed',
    failure: 'GateRefused',
    turn: ['planStage', 'closeTrackingRun'],
  },
  'llm-pipeline-rejected': {
    workflow: 'llmPipeline',
    end: 'failed',
    failure: 'RunRejected',
    turn: ['tagVersion', 'closeTrackingRun'],
  },
  'llm-pipeline-approval-expired': {
    workflow: 'llmPipeline',
    end: 'failed',
    failure: 'ApprovalExpired',
    turn: ['tagVersion', 'closeTrackingRun'],
  },
  'llm-pipeline-frozen': {
    workflow: 'llmPipeline',
    end: 'failed',
    failure: 'TargetFrozen',
    turn: ['acquireTarget', 'releaseTarget', 'findLiveRelease', 'closeTrackingRun'],
  },
  'llm-pipeline-rolled-back': {
    workflow: 'llmPipeline',
    end: 'failed',
    failure: 'SmokeTestFailed',
    turn: ['smokeTest', 'unloadCandidate', 'unpublishVersion', 'releaseTarget', 'findLiveRelease', 'closeTrackingRun'],
  },
  'llm-pipeline-switched-back': {
    workflow: 'llmPipeline',
    end: 'failed',
    failure: 'VerificationFailed',
    turn: [
      'verifyRoute',
      'showVersions',
      'unloadCandidate',
      'unpublishVersion',
      'releaseTarget',
      'findLiveRelease',
      'closeTrackingRun',
    ],
  },
  'llm-pipeline-commit-refused': {
    workflow: 'llmPipeline',
    end: 'failed',
    failure: 'StaleFence',
    turn: [
      'commitRelease',
      'showVersions',
      'unloadCandidate',
      'unpublishVersion',
      'releaseTarget',
      'findLiveRelease',
      'closeTrackingRun',
    ],
  },
  'llm-pipeline-rollback-failed': {
    workflow: 'llmPipeline',
    end: 'failed',
    failure: 'RollbackFailed',
    turn: ['unloadCandidate', 'unpublishVersion', 'releaseTarget', 'closeTrackingRun'],
  },
  'llm-pipeline-deploy-timed-out': {
    workflow: 'llmPipeline',
    end: 'failed',
    failure: 'StageTimedOut',
    turn: ['publishVersion', 'unpublishVersion', 'releaseTarget', 'findLiveRelease', 'closeTrackingRun'],
  },
  'llm-pipeline-cancelled-resolving': { workflow: 'llmPipeline', end: 'canceled', turn: ['resolveRun'] },
  'llm-pipeline-cancelled': {
    workflow: 'llmPipeline',
    end: 'canceled',
    turn: ['submitJob', 'awaitJob', 'removeJob', 'closeTrackingRun'],
  },
  'llm-pipeline-cancelled-waiting': {
    workflow: 'llmPipeline',
    end: 'canceled',
    turn: ['tagVersion', 'closeTrackingRun'],
  },
  'llm-pipeline-cancelled-deploying': {
    workflow: 'llmPipeline',
    end: 'canceled',
    turn: ['publishVersion', 'unpublishVersion', 'releaseTarget', 'closeTrackingRun'],
  },
  'llm-pipeline-cancelled-switching': {
    workflow: 'llmPipeline',
    end: 'canceled',
    turn: ['showVersions', 'showVersions', 'unloadCandidate', 'unpublishVersion', 'releaseTarget', 'closeTrackingRun'],
  },
  'deploy-model': { workflow: 'deployModel', end: 'completed', turn: ['retireVersions', 'releaseTarget'] },
  'deploy-model-unknown-version': {
    workflow: 'deployModel',
    end: 'failed',
    failure: 'NotFound',
    turn: ['describeVersion'],
  },
  'deploy-model-rolled-back': {
    workflow: 'deployModel',
    end: 'failed',
    failure: 'EngineRejected',
    turn: ['loadCandidate', 'unloadCandidate', 'unpublishVersion', 'releaseTarget', 'findLiveRelease'],
  },
  'deploy-model-onto-broken': { workflow: 'deployModel', end: 'completed', turn: ['retireVersions', 'releaseTarget'] },
  'rollback-model': {
    workflow: 'rollbackModel',
    end: 'completed',
    turn: ['showVersions', 'verifyRoute', 'commitRelease', 'alignAliases', 'retireVersions', 'releaseTarget'],
  },
  'rollback-model-republished': {
    workflow: 'rollbackModel',
    end: 'completed',
    turn: [
      'publishVersion',
      'showVersions',
      'verifyRoute',
      'commitRelease',
      'alignAliases',
      'retireVersions',
      'releaseTarget',
    ],
  },
  'rollback-model-nowhere': {
    workflow: 'rollbackModel',
    end: 'failed',
    failure: 'NotFound',
    turn: ['findRollbackGoal'],
  },
  'collect-garbage': { workflow: 'collectGarbage', end: 'completed', turn: ['findGarbage', 'removeGarbage'] },
  'collect-garbage-dry-run': { workflow: 'collectGarbage', end: 'completed', turn: ['findGarbage'] },
  'collect-garbage-wrong-input': { workflow: 'collectGarbage', end: 'failed', failure: 'InvalidSpec', turn: [] },
  'reap-jobs': { workflow: 'reapJobs', end: 'completed', turn: ['listJobs', 'removeOrphanJobs'] },
  'reap-jobs-dry-run': { workflow: 'reapJobs', end: 'completed', turn: ['listJobs'] },
  'reap-jobs-wrong-input': { workflow: 'reapJobs', end: 'failed', failure: 'InvalidSpec', turn: [] },
  'import-model': { workflow: 'importModel', end: 'completed', turn: ['collectJob', 'nameBaseModel'] },
  'import-model-known': { workflow: 'importModel', end: 'completed', turn: ['findBaseModel'] },
  'import-model-failed': {
    workflow: 'importModel',
    end: 'failed',
    failure: 'InvalidData',
    turn: ['submitJob', 'awaitJob', 'collectJob'],
  },
  'converge-target': {
    workflow: 'convergeTarget',
    end: 'completed',
    turn: ['publishVersion', 'unloadCandidate', 'showVersions', 'unpublishVersion', 'alignAliases', 'releaseTarget'],
  },
  'converge-target-settled': {
    workflow: 'convergeTarget',
    end: 'completed',
    turn: ['acquireTarget', 'takeOver', 'releaseTarget'],
  },
  'converge-target-refused': {
    workflow: 'convergeTarget',
    end: 'failed',
    failure: 'EngineRejected',
    turn: ['showVersions', 'releaseTarget'],
  },
  'serving-target': { workflow: 'servingTarget', end: 'continued-as-new', turn: [] },
  'serving-target-converged': { workflow: 'servingTarget', end: 'open', turn: [] },
  'serving-target-lease-taken-back': { workflow: 'servingTarget', end: 'open', turn: ['isHolderOpen'] },
} as const satisfies Record<string, RecordedOutcome>;

export type HistoryName = keyof typeof recordedOutcomes;

/** Ends that a workflow says itself. */
type FinalPhase = Exclude<
  RunPhase,
  'resolving' | 'running' | 'needs-attention' | 'awaiting-approval' | 'deploying' | 'terminated'
>;

/** The recordings of each way in which a run ends; a phase that is not here does not compile. */
export const recordedPhases = {
  released: ['llm-pipeline-released', 'llm-pipeline-reused'],
  rejected: ['llm-pipeline-rejected'],
  failed: [
    'llm-pipeline-stage-failed',
    'llm-pipeline-repair-expired',
    'llm-pipeline-rolled-back',
    'llm-pipeline-rollback-failed',
  ],
  cancelled: ['llm-pipeline-cancelled', 'llm-pipeline-cancelled-waiting', 'llm-pipeline-cancelled-deploying'],
} as const satisfies Record<FinalPhase, readonly HistoryName[]>;
