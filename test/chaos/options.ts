import { Command, InvalidArgumentError } from 'commander';

export interface Options {
  readonly faults: number;
  readonly seed: number;
  readonly store: 'directory' | 's3';
  readonly lanes: number;
  /** The cases that CI plays, instead of those of a seed. */
  readonly slice: boolean;
  /** Plays this many cases in a row and watches what the stack holds of the machine. */
  readonly soak?: number;
  /** Plays one case alone. */
  readonly replay?: number;
  readonly json: boolean;
  readonly keep: boolean;
}

export function parseOptions(argv: readonly string[]): Options {
  return new Command('npm run chaos --')
    .description('strikes a stack of its own with faults and judges from outside what becomes of its runs')
    .option('--faults <n>', 'faults to inject', count, 60)
    .option('--seed <n>', 'what the plan is made of: same seed, same plan', count, 1)
    .option('--store <kind>', 'object store: directory or s3 (a real versitygw)', storeKind, 'directory')
    .option('--lanes <n>', 'models that are worked on at once', count, 12)
    .option('--slice', 'the few cases that CI plays, instead of those of a seed', false)
    .option(
      '--soak <cases>',
      'this many cases, whatever strikes; memory, handles, disk and processes are watched',
      count,
    )
    .option('--replay <index>', 'only this case', count)
    .option('--json', 'no table, only the last line', false)
    .option('--keep', 'leave the folder of the stack', false)
    .parse(argv, { from: 'user' })
    .opts<Options>();
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError(`found "${text}"; expected a whole number`);
}

function storeKind(text: string): string {
  if (text === 'directory' || text === 's3') return text;
  throw new InvalidArgumentError(`found "${text}"; expected directory or s3`);
}
