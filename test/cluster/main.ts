import { countsIn } from '../../scripts/test-counts.ts';
import { runStep } from '../../scripts/step.ts';
import { clusterProblem } from './cluster-problem.ts';

/*
 * `npm run test:cluster`: brings a cluster up, runs its tests, takes it down. Skipped for what the machine lacks, and for nothing else: where
 * that is all there, a cluster that does not come up is a failure.
 */
const problem = clusterProblem();
if (problem === null) {
  const args = ['run', '--config', 'vitest.cluster.config.ts'];
  const { passed, failed, skipped } = countsIn(await runStep({ name: 'cluster', command: 'vitest', args }));
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
} else {
  process.stdout.write(`no cluster tests on this machine: ${problem}\n0 passed, 0 failed, 1 skipped\n`);
}
