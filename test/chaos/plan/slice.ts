import type { ChaosCase, PlannedFault, Scenario } from './plan.ts';

/**
 * The cases that each must hold if any does, picked by hand: what CI plays, and what every planted bug must turn red
 * (test/chaos/planted/planted-bugs.ts).
 */
export const slice: readonly ChaosCase[] = [
  // A stopped deployer must not change a target that another has taken over meanwhile. Only the fence keeps it from publishing; a
  // switch would also miss the files, which the other has removed.
  caseOf('plain', [strikeAt('deploy', 'serving-replica.publish', 'before', 'zombie')]),
  // Whoever asks again for a job that runs adopts it.
  caseOf('plain', [
    strikeAt('prepare-data', 'job-runner.submit', 'after', 'kill'),
    strikeAt('train', 'job-runner.inspect', 'before', 'kill-job'),
    strikeAt('evaluate', 'object-store.putIfAbsent', 'after', 'lost-answer'),
    strikeAt('deploy', 'serving-replica.publish', 'after', 'kill'),
  ]),
  // A refused candidate is gone, its files too, though the worker dies on the way.
  caseOf('smoke-misses', [
    strikeAt('train', 'model-registry.allocateVersion', 'after', 'lost-answer'),
    strikeAt('deploy', 'serving-replica.unpublish', 'before', 'kill'),
  ]),
  // A full disk ends the run at once; what users reach stays, and the log says so.
  caseOf('plain', [
    strikeAt('convert', 'job-runner.remove', 'before', 'duplicate'),
    strikeAt('deploy', 'serving-replica.showVersions', 'before', 'storage-full'),
  ]),
  caseOf('plain', [
    strikeAt('train', 'job-runner.inspect', 'before', 'term-job'),
    strikeAt('build-engine', 'object-store.putIfAbsent', 'before', 'storage-full'),
  ]),
  caseOf('pair', [strikeAt('deploy', 'target-gate.commit', 'after', 'lost-answer')]),
  caseOf('plain', [
    strikeAt('resolve', 'tracking.openRun', 'before', 'kill-temporal'),
    strikeAt('train', 'job-runner.inspect', 'before', 'cancel'),
  ]),
  caseOf('approve', [
    strikeAt('evaluate', 'model-registry.tagVersion', 'after', 'kill'),
    strikeAt('smoke-test', 'serving-replica.generate', 'before', 'kill'),
  ]),
  caseOf('plain', [strikeAt('deploy', 'serving-replica.loadCandidate', 'before', 'terminate')]),
].map((one, index) => ({ ...one, index }));

function caseOf(scenario: Scenario, faults: readonly PlannedFault[]): Omit<ChaosCase, 'index'> {
  return { scenario, faults, keepVersions: 1 };
}

function strikeAt(
  stage: PlannedFault['stage'],
  point: PlannedFault['point'],
  ...[when, kind]: [PlannedFault['when'], PlannedFault['kind']]
): PlannedFault {
  return { stage, point, when, kind, occurrence: 1 };
}
