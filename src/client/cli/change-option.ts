import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';

import type { JsonValue } from '../../contracts/json.ts';
import type { SpecChange } from '../../contracts/repair.ts';

/** `--set path=value`, as often as wanted. */
export function addChangeOption(command: Command): Command {
  return command.option(
    '--set <path=value>',
    'change a field, such as train.learningRate=0.0001; again for each further field',
    withChange,
    {},
  );
}

/** The value is JSON where it can be read as that, else a text: `build.quantization=int4` needs no quotes. */
function withChange(text: string, earlier: SpecChange): SpecChange {
  const [, path, value = ''] = /^([^=]+)=(.*)$/su.exec(text) ?? [];
  if (path === undefined)
    throw new InvalidArgumentError('It must be <path>=<value>, such as train.learningRate=0.0001.');
  return { ...earlier, [path.trim()]: valueIn(value) };
}

function valueIn(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** `train.learningRate = 0.0001`, a line each. */
export function changeLines(change: SpecChange): readonly string[] {
  return Object.entries(change).map(([path, value]) => `  ${path} = ${JSON.stringify(value)}`);
}
