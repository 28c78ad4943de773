import { countsIn } from './test-counts.ts';
import type { Step } from './step.ts';
import { runStep, stepTable } from './step.ts';

/* Every test, against the real servers; the last line sums them up. A runner that breaks down counts as one failure. */
const steps: readonly Step[] = [
  { name: 'Python jobs (pytest)', command: 'python', args: ['-m', 'pytest', '-q'], cwd: 'jobs' },
  { name: 'TypeScript (vitest)', command: 'vitest', args: ['run'] },
];

const results = [];
for (const step of steps) results.push(await runStep(step));
const counts = results.map((result) => countsIn(result));
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
const skipped = counts.reduce((sum, count) => sum + count.skipped, 0);
process.stdout.write(`\n${stepTable(results)}\n`);
process.stdout.write(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
