/** The part of JSON Schema that our schemas use. */
interface FieldSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly additionalProperties?: FieldSchema | boolean;
  readonly items?: FieldSchema;
  readonly anyOf?: readonly FieldSchema[];
  readonly oneOf?: readonly FieldSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
  readonly description?: string;
}

const begin = '<!-- fields:begin (scripts/generate-schemas.ts) -->';
const end = '<!-- fields:end -->';

/** A page with the table between its two marks renewed. */
export function withFieldTable(page: string, schemaText: string): string {
  const [before, after] = [page.indexOf(begin) + begin.length, page.indexOf(end)];
  return `${page.slice(0, before)}\n${fieldTable(schemaText)}\n${page.slice(after)}`;
}

/** Every field of a schema as a Markdown table: path, what is allowed, default, meaning. */
function fieldTable(schemaText: string): string {
  const rows = fieldRows('', JSON.parse(schemaText) as FieldSchema);
  return ['| field | allowed | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function fieldRows(path: string, schema: FieldSchema): readonly string[] {
  const inner = innerFields(path, schema);
  const isField = path !== '' && (inner.length === 0 || schema.type !== 'object');
  return [...(isField ? [fieldRow(path, schema)] : []), ...inner.flatMap(([at, field]) => fieldRows(at, field))];
}

function innerFields(path: string, schema: FieldSchema): readonly [string, FieldSchema][] {
  const prefix = path === '' ? '' : `${path}.`;
  const own = Object.entries(schema.properties ?? {}).map(([name, field]): [string, FieldSchema] => [
    prefix + name,
    field,
  ]);
  const nullable = (schema.anyOf ?? []).flatMap((choice) => innerFields(path, choice));
  const inList = schema.items === undefined ? [] : innerFields(`${path}[]`, schema.items);
  return [...own, ...nullable, ...inList];
}

function fieldRow(path: string, schema: FieldSchema): string {
  const cells = [`\`${path}\``, allowed(schema), defaultText(schema.default), schema.description ?? ''];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function allowed(schema: FieldSchema): string {
  const choices = schema.anyOf ?? [];
  if (choices.length > 0) return choices.map(allowed).join(' or ');
  if (schema.oneOf !== undefined)
    return schema.oneOf.map(({ properties }) => allowed(properties?.['kind'] ?? {})).join(', ');
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (schema.const !== undefined) return code(schema.const);
  return schema.type === 'array' ? listText(schema) : `${schema.type ?? 'any'}${range(schema)}`;
}

function listText({ minItems = 0, maxItems, items = {} }: FieldSchema): string {
  return `${minItems} to ${maxItems ?? '…'} of ${listed(items)}`;
}

function listed(items: FieldSchema): string {
  return items.type === 'object' ? 'the fields below' : allowed(items);
}

function range({ minimum, maximum }: FieldSchema): string {
  return minimum === undefined || maximum === undefined ? '' : ` ${minimum} to ${maximum}`;
}

function defaultText(value: unknown): string {
  return value === undefined ? '' : code(value);
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}
