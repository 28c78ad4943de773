import { startVersitygw, versitygwProblem } from '../test/servers/versitygw.ts';
import type { Step, StepResult } from './step.ts';
import { runStep, stepTable } from './step.ts';
import { countsIn } from './test-counts.ts';

/* Every test, against the real servers; the last line sums them up. A runner that breaks down counts as one failure. */
const pytest: Step = {
  name: 'Python jobs (pytest)',
  command: 'python',
  args: ['-m', 'pytest'],
  cwd: 'jobs',
  // A shell that forbids byte code would have torch compiled again by each of the processes that tests start.
  environment: { PYTHONDONTWRITEBYTECODE: '' },
};
const vitest: Step = { name: 'TypeScript (vitest)', command: 'vitest', args: ['run'] };

/** The jobs' tests of the store run on a real S3 server too, where one can be had. */
async function runPytest(): Promise<StepResult> {
  const problem = await versitygwProblem();
  if (problem !== null) {
    process.stdout.write(`without S3: ${problem}\n`);
    return runStep(pytest, 'at-end');
  }
  const server = await startVersitygw();
  try {
    await server.makeBucket('jobs');
    const environment = {
      WINDLASS_TEST_S3_ENDPOINT: server.endpoint,
      WINDLASS_TEST_S3_BUCKET: 'jobs',
      WINDLASS_TEST_S3_ACCESS_KEY: server.accessKey,
      WINDLASS_TEST_S3_SECRET_KEY: server.secretKey,
    };
    return await runStep({ ...pytest, environment: { ...pytest.environment, ...environment } }, 'at-end');
  } finally {
    await server.stop();
  }
}

// Much of both is waiting.
const results = await Promise.all([runPytest(), runStep(vitest)]);
const counts = results.map((result) => countsIn(result));
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
const skipped = counts.reduce((sum, count) => sum + count.skipped, 0);
process.stdout.write(`\n${stepTable(results)}\n`);
process.stdout.write(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
