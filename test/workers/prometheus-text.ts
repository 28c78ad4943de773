/** One family of an exposition in Prometheus' text format. */
export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const helpLine = /^# HELP (?<name>[a-zA-Z_:][\w:]*) (?<help>.*)$/u;
const typeLine = /^# TYPE (?<name>[a-zA-Z_:][\w:]*) (?<type>counter|gauge|histogram|summary|untyped)$/u;
const sampleLine =
  /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*")*),?\})? (?<value>[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Inf)|NaN)$/iu;

/**
 * Reads what Prometheus would read, as strictly as its format is written down
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). @throws Error naming the line
 */
export function parseExposition(text: string): ReadonlyMap<string, MetricFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line is not ended');
  const families: Families = new Map();
  for (const line of text.split('\n')) if (line !== '') readLine(families, line);
  for (const family of families.values()) checkFamily(family);
  return families;
}

type Families = Map<string, MetricFamily & { readonly samples: MetricSample[] }>;

function readLine(families: Families, line: string): void {
  const { name: helped, help = '' } = helpLine.exec(line)?.groups ?? {};
  const { name: typed, type = '' } = typeLine.exec(line)?.groups ?? {};
  if (helped !== undefined) families.set(helped, { name: helped, type: '', help, samples: [] });
  else if (typed !== undefined) families.set(typed, { ...familyOf(families, typed, line), type });
  else {
    const sample = parseSample(line);
    familyOf(families, sample.name, line).samples.push(sample);
  }
}

function checkFamily(family: MetricFamily): void {
  const keys = family.samples.map(({ name, labels }) => name + keyOf(labels));
  if (new Set(keys).size < keys.length) throw new Error(`a series of ${family.name} is told twice`);
  if (family.type === 'histogram') checkHistogram(family);
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([one], [other]) => one.localeCompare(other)));
}

function familyOf(families: Families, name: string, line: string): MetricFamily & { readonly samples: MetricSample[] } {
  const base = families.get(name.replace(/_(?:bucket|sum|count)$/u, ''));
  const family = families.get(name) ?? (base?.type === 'histogram' ? base : undefined);
  if (family === undefined) throw new Error(`of no family: ${line}`);
  return family;
}

function parseSample(line: string): MetricSample {
  const { name, labels = '', value = '' } = sampleLine.exec(line)?.groups ?? {};
  if (name === undefined) throw new Error(`no line of the format: ${line}`);
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gu)].map(([, label = '', text = '']) => [label, text]);
  return {
    name,
    labels: Object.fromEntries(pairs) as Record<string, string>,
    value: Number(value.replace('Inf', 'Infinity')),
  };
}

/** The buckets of each series grow, and the last one, +Inf, is its count. */
function checkHistogram({ name, samples }: MetricFamily): void {
  const series = Map.groupBy(samples, ({ labels: { le: _le, ...labels } }) => keyOf(labels));
  for (const [labels, own] of series) {
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`);
    const counts = buckets.map(({ value }) => value);
    const count = own.find((sample) => sample.name === `${name}_count`)?.value;
    const grows = counts.every((value, index) => value >= (counts[index - 1] ?? 0));
    const isWhole = buckets.at(-1)?.labels['le'] === '+Inf' && counts.at(-1) === count;
    if (!grows || !isWhole) throw new Error(`${name}${labels} is no histogram`);
  }
}
