import type { Step } from './step.ts';
import { runStep, stepTable } from './step.ts';

/* The gate: format, lint with layers, types, dead code, build with the workflow bundle, current schemas, and the same for Python. */
const steps: readonly Step[] = [
  { name: 'format', command: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
  { name: 'lint and layers', command: 'oxlint', args: ['--quiet', '-f', 'unix'] },
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'dead code', command: 'knip', args: [] },
  { name: 'build, workflow bundle', command: 'npm', args: ['run', '--silent', 'build'] },
  { name: 'python format', command: 'ruff', args: ['format', '--check', '--quiet', '.'], cwd: 'jobs' },
  { name: 'python lint', command: 'ruff', args: ['check', '--quiet', '.'], cwd: 'jobs' },
  { name: 'python types', command: 'mypy', args: ['windlass_jobs', 'tests'], cwd: 'jobs' },
];

const results = [];
for (const step of steps) results.push(await runStep(step));
process.stdout.write(`\n${stepTable(results)}\n`);
process.exitCode = results.every(({ exitCode }) => exitCode === 0) ? 0 : 1;
