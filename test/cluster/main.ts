import { countsIn } from '../../scripts/test-counts.ts';
import { runStep } from '../../scripts/step.ts';
import { startCluster } from './cluster.ts';
import { clusterProblem } from './cluster-problem.ts';
import { buildKubelab } from './kubelab.ts';

/* `npm run test:cluster`: builds the cluster's program if need be, brings a cluster up, runs its tests, takes it down. */
const problem = clusterProblem() ?? (await bringUpProblem());
if (problem === null) {
  const args = ['run', '--config', 'vitest.cluster.config.ts'];
  const { passed, failed, skipped } = countsIn(await runStep({ name: 'cluster', command: 'vitest', args }));
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
} else {
  process.stdout.write(`no cluster tests on this machine: ${problem}\n0 passed, 0 failed, 1 skipped\n`);
}

/** A sandbox may have all programs and still forbid bridges, mounts or containers: it shows where a cluster does not come up. */
async function bringUpProblem(): Promise<string | null> {
  try {
    const cluster = await startCluster(buildKubelab());
    await cluster.down();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
