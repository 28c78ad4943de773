import type { JudgedCase } from './driver/judge.ts';
import { labelOf } from './driver/judge.ts';
import type { ChaosOutcome } from './driver/run-chaos.ts';
import { runChaos } from './driver/run-chaos.ts';
import { parseOptions } from './options.ts';
import { wordOf } from './oracle/expected-ending.ts';
import type { Violation } from './oracle/facts.ts';
import type { ChaosCase } from './plan/plan.ts';
import { planCases } from './plan/plan.ts';
import { slice } from './plan/slice.ts';
import { faultTable } from './report/fault-table.ts';
import { SoakWatch, trendTable } from './soak/soak-watch.ts';

/* `npm run chaos`: docs/chaos.md. Ends with 1 on any violation; the last line is one JSON object. */

const options = parseOptions(process.argv.slice(2));
const soak = options.soak === undefined ? null : new SoakWatch();
const source: IteratorObject<ChaosCase> = options.slice ? slice.values() : planCases(options.seed, options.store);
const chosen = options.replay === undefined ? source.take(options.soak ?? Infinity) : onlyCase(options.replay);

function onlyCase(wanted: number): IteratorObject<ChaosCase> {
  return source.filter(({ index }) => index === wanted).take(1);
}

/** The next case, until enough faults have struck or none is left. */
function nextCase(struck: number): ChaosCase | null {
  const isCounted = !options.slice && options.replay === undefined && options.soak === undefined;
  if (isCounted && struck >= options.faults) return null;
  const next = chosen.next();
  return next.done === true ? null : next.value;
}

function tell(judged: JudgedCase): void {
  const { facts, fired, violations, startedMs, endedMs } = judged;
  const ends = facts.runs.map(({ ending }) => wordOf(ending)).join(', ');
  const seconds = Math.round((endedMs - startedMs) / 1000);
  process.stderr.write(`${labelOf(judged)}: ${fired.length} struck, ${ends}, ${seconds} s\n`);
  for (const violation of violations) process.stderr.write(`${describe(violation)}\n`);
}

function describe(violation: Violation): string {
  const { rule, expected, found } = violation;
  const again = /^case (?<index>\d+)/u.exec(violation.case)?.groups?.['index'];
  const which = options.slice ? '--slice' : `--seed ${options.seed}`;
  const command = again === undefined ? '' : `\n    again: npm run chaos -- ${which} --replay ${again}`;
  return `VIOLATION ${violation.case}\n    ${rule}\n    expected: ${expected}\n    found: ${found}${command}`;
}

function report({ cases, fired, violations }: ChaosOutcome): void {
  if (!options.json) process.stdout.write(`${faultTable(cases, fired)}\n\n`);
  if (soak !== null) process.stdout.write(`${trendTable(soak.trends())}\nper case: ${soak.growth().join(', ')}\n\n`);
  for (const violation of violations) process.stdout.write(`${describe(violation)}\n`);
  const runs = cases.flatMap(({ facts }) => facts.runs).length;
  process.stdout.write(`${JSON.stringify({ faults: fired.length, runs, violations: violations.length })}\n`);
}

const outcome = await runChaos({
  ...options,
  nextCase,
  onCase: async (judged, { home }) => {
    tell(judged);
    await soak?.note(home);
  },
});
report(outcome);
const isFlat = soak?.trends().every((trend) => trend.isFlat) ?? true;
process.exitCode = outcome.violations.length === 0 && isFlat ? 0 : 1;
