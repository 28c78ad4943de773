import type { StackHome } from '../../../src/stack/stack-home.ts';
import type { Trend } from './flatness.ts';
import { trendOf } from './flatness.ts';
import type { Resources } from './resources.ts';
import { readResources } from './resources.ts';

const casesPerSample = 5;
/** What a run leaves on purpose, so that it grows with their number: histories, registry, artifacts, logs of jobs and servers. */
const kept: ReadonlySet<string> = new Set(['temporal', 'mlflow', 'store', 'jobs', 'logs']);

/** Looks at the stack every few cases of a soak, and tells at its end what has grown. */
export class SoakWatch {
  readonly #samples: Resources[] = [];
  #cases = 0;

  async note(home: StackHome): Promise<void> {
    this.#cases += 1;
    if (this.#cases % casesPerSample === 0) this.#samples.push(await readResources(home));
  }

  trends(): readonly Trend[] {
    const series = (name: string, figure: (sample: Resources) => number): Trend =>
      trendOf(name, this.#samples.map(figure));
    return [
      series('processes', ({ processes }) => processes),
      series('file handles', ({ handles }) => handles),
      ...this.#kinds('memoryMib').map((kind) =>
        series(`memory of ${kind}, MiB`, (sample) => sample.memoryMib[kind] ?? 0),
      ),
      ...this.#kinds('diskMib')
        .filter((folder) => !kept.has(folder))
        .map((folder) => series(`disk in ${folder}/, MiB`, (sample) => sample.diskMib[folder] ?? 0)),
    ];
  }

  /** MiB that each case left on purpose, by folder. */
  growth(): readonly string[] {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || this.#cases === 0) return [];
    const between = (this.#samples.length - 1) * casesPerSample;
    return [...kept].map((folder) => {
      const grown = (last.diskMib[folder] ?? 0) - (first.diskMib[folder] ?? 0);
      return `${folder}/ ${(grown / Math.max(1, between)).toFixed(3)} MiB`;
    });
  }

  #kinds(figure: 'memoryMib' | 'diskMib'): readonly string[] {
    return [...new Set(this.#samples.flatMap((sample) => Object.keys(sample[figure])))].toSorted();
  }
}

export function trendTable(trends: readonly Trend[]): string {
  const rows = trends.map(({ name, first, last, isFlat }) => [
    name,
    round(first),
    round(last),
    isFlat ? 'flat' : 'GROWS',
  ]);
  const header = ['figure', 'first quarter', 'last quarter', ''];
  return [header, ['---', '---', '---', '---'], ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
