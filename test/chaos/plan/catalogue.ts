import type { FaultCell, FaultKind, FaultStage, PointName } from './fault.ts';
import { faultStages } from './fault.ts';

/** A point, the stages in which a run comes by, and what can go wrong there. */
interface PointRow {
  readonly point: PointName;
  readonly stages: readonly FaultStage[];
  readonly kinds: readonly FaultKind[];
}

const jobStages = ['prepare-data', 'train', 'convert', 'build-engine', 'evaluate'] as const;
const any: readonly FaultKind[] = ['kill', 'unavailable', 'lost-answer', 'slow', 'duplicate'];
const onDisk: readonly FaultKind[] = [...any, 'storage-full'];
/** An answer that streams is not delivered twice: it would only be another request. */
const streamed: readonly FaultKind[] = ['kill', 'unavailable', 'lost-answer', 'slow'];

const points: readonly PointRow[] = [
  { point: 'source-reader.pin', stages: ['resolve'], kinds: any },
  { point: 'object-store.putIfAbsent', stages: ['resolve', ...jobStages], kinds: onDisk },
  { point: 'object-store.get', stages: [...jobStages, 'deploy'], kinds: any },
  { point: 'object-store.stat', stages: jobStages, kinds: any },
  { point: 'object-store.download', stages: ['deploy'], kinds: onDisk },
  { point: 'object-store.listUnfinished', stages: jobStages, kinds: streamed },
  { point: 'artifact-store.isComplete', stages: jobStages, kinds: any },
  { point: 'artifact-store.manifest', stages: ['deploy'], kinds: any },
  { point: 'artifact-store.fetch', stages: ['deploy'], kinds: onDisk },
  { point: 'tracking.openRun', stages: ['resolve'], kinds: any },
  { point: 'tracking.logParameters', stages: ['resolve'], kinds: any },
  { point: 'tracking.logMetrics', stages: jobStages, kinds: any },
  { point: 'tracking.closeRun', stages: ['finish'], kinds: any },
  { point: 'model-registry.allocateVersion', stages: ['train'], kinds: any },
  { point: 'model-registry.tagVersion', stages: ['evaluate'], kinds: any },
  { point: 'model-registry.setAlias', stages: ['deploy'], kinds: any },
  { point: 'job-runner.submit', stages: jobStages, kinds: onDisk },
  { point: 'job-runner.inspect', stages: jobStages, kinds: any },
  { point: 'job-runner.readProgress', stages: jobStages, kinds: any },
  { point: 'job-runner.remove', stages: jobStages, kinds: any },
  { point: 'target-gate.view', stages: ['evaluate', 'deploy'], kinds: any },
  { point: 'target-gate.acquire', stages: ['deploy'], kinds: any },
  { point: 'target-gate.commit', stages: ['deploy'], kinds: any },
  { point: 'target-gate.release', stages: ['deploy'], kinds: any },
  { point: 'serving-replica.readState', stages: ['deploy'], kinds: any },
  { point: 'serving-replica.describeMachine', stages: ['deploy'], kinds: any },
  { point: 'serving-replica.publish', stages: ['deploy'], kinds: onDisk },
  { point: 'serving-replica.loadCandidate', stages: ['deploy'], kinds: onDisk },
  { point: 'serving-replica.unloadCandidate', stages: ['deploy'], kinds: any },
  { point: 'serving-replica.unpublish', stages: ['deploy'], kinds: any },
  { point: 'serving-replica.showVersions', stages: ['deploy'], kinds: onDisk },
  { point: 'serving-replica.generate', stages: ['smoke-test', 'deploy'], kinds: streamed },
];

/** Where in each stage the world outside is struck: in the middle of its work. */
const middleOf: Readonly<Record<FaultStage, PointName>> = {
  resolve: 'tracking.openRun',
  'prepare-data': 'job-runner.inspect',
  train: 'job-runner.inspect',
  convert: 'job-runner.inspect',
  'build-engine': 'job-runner.inspect',
  evaluate: 'job-runner.inspect',
  deploy: 'serving-replica.showVersions',
  'smoke-test': 'serving-replica.generate',
  finish: 'tracking.closeRun',
};

const everywhere: readonly FaultKind[] = ['kill-temporal', 'kill-workers', 'kill-supervisor', 'kill-tree'];
const ofJobs: readonly FaultKind[] = ['kill-job', 'term-job'];
/** The heavier to start again, the fewer: a stack that is always down tests nothing. */
const mlflowStages: readonly FaultStage[] = ['resolve', 'train', 'deploy', 'finish'];
/** A stopped worker holds up its runs until the heartbeat timeouts: one point of each port. */
const stopped: readonly (readonly [PointName, FaultStage])[] = [
  ['source-reader.pin', 'resolve'],
  ['object-store.putIfAbsent', 'convert'],
  ['artifact-store.fetch', 'deploy'],
  ['tracking.logMetrics', 'train'],
  ['model-registry.allocateVersion', 'train'],
  ['job-runner.submit', 'prepare-data'],
  ['job-runner.inspect', 'build-engine'],
  ['target-gate.acquire', 'deploy'],
  ['target-gate.commit', 'deploy'],
  ['serving-replica.loadCandidate', 'deploy'],
  ['serving-replica.showVersions', 'deploy'],
  ['serving-replica.generate', 'smoke-test'],
];

/** Every fault there is: each once. */
export function buildMatrix(store: 'directory' | 's3'): readonly FaultCell[] {
  return [
    ...points.flatMap(({ point, stages, kinds }) =>
      stages.flatMap((stage) => kinds.flatMap((kind) => cellsOf({ point, stage }, kind))),
    ),
    ...stopped.flatMap(([point, stage]) => cellsOf({ point, stage }, 'stop')),
    ...faultStages.flatMap((stage) => outsideCells(stage, store)),
    ...(['showVersions', 'publish', 'loadCandidate'] as const).map((method): FaultCell => {
      return { point: `serving-replica.${method}`, stage: 'deploy', when: 'before', kind: 'zombie' };
    }),
  ];
}

/** A process dies before the effect or after it; the other faults have one place. */
function cellsOf(place: Pick<FaultCell, 'point' | 'stage'>, kind: FaultKind): FaultCell[] {
  if (kind === 'kill' || kind === 'stop')
    return [
      { ...place, when: 'before', kind },
      { ...place, when: 'after', kind },
    ];
  return [{ ...place, when: kind === 'lost-answer' ? 'after' : 'before', kind }];
}

function outsideCells(stage: FaultStage, store: 'directory' | 's3'): FaultCell[] {
  const isJob = jobStages.some((job) => job === stage);
  const isServing = stage === 'deploy' || stage === 'smoke-test';
  const kinds: readonly FaultKind[] = [
    ...everywhere,
    ...(isJob ? ofJobs : []),
    ...(isServing ? (['kill-triton'] as const) : []),
    ...(mlflowStages.includes(stage) ? (['kill-mlflow'] as const) : []),
    ...(store === 's3' ? (['kill-store'] as const) : []),
    ...(stage === 'finish' ? [] : (['cancel', 'terminate'] as const)),
  ];
  return kinds.map((kind) => ({ point: middleOf[stage], stage, when: 'before', kind }));
}
