/** An entry of test/fixtures/wrong-specs.json. */
export interface WrongSpec {
  readonly name: string;
  readonly input: unknown;
  readonly lines: readonly string[];
}

/** An entry of jobs/tests/broken_corpora.py. */
export interface BrokenCorpus {
  readonly title: string;
  readonly name: string;
  readonly row: number | null;
  readonly field: string | null;
  readonly message: string;
}

const shownChars = 260;

/** The page docs/bad-input.md, made from the fixtures of the tests, so that it tells what really happens. */
export function badInputPage(specs: readonly WrongSpec[], corpora: readonly BrokenCorpus[]): string {
  return `# Wrong input and the message it gets

Made by \`scripts/generate-bad-input-table.ts\` from the fixtures that the tests check; do not edit.

## Wrong run inputs

Each of these ${specs.length} inputs ends the run at once with \`InvalidSpec\`, is not tried again, and starts no job. Every wrong field is named,
with what was found and what is allowed. Presets and targets are those of the shipped \`windlass.yaml\`.

${table(['what is wrong', 'run input', 'message'], specs.map(specRow))}

## Broken corpora

Each of these ${corpora.length} files ends data preparation with \`InvalidData\` (exit code 65). The message holds what the last column says, often
followed by what the reading library said; the failure's details hold file, row and field.

${table(['what is wrong', 'file', 'row', 'field', 'message'], corpora.map(corpusRow))}
`;
}

function specRow({ name, input, lines }: WrongSpec): readonly string[] {
  return [name, code(shortened(JSON.stringify(input))), lines.map((line) => code(shortened(line))).join('<br>')];
}

function corpusRow({ title, name, row, field, message }: BrokenCorpus): readonly string[] {
  return [
    title,
    code(name),
    row === null ? '' : String(row),
    field === null ? '' : code(field),
    code(message.trimEnd()),
  ];
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Inside a table a vertical bar ends the cell, even in code. */
function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`';
  return `${fence}${text.replaceAll('|', '\\|')}${fence}`;
}

function shortened(text: string): string {
  return text.length <= shownChars ? text : `${text.slice(0, shownChars)}…`;
}
