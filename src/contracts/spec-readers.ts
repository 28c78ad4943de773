import type { SettledField, SpecChange } from './repair.ts';
import type { RunSpec } from './run-spec.ts';
import type { StageName } from './stage.ts';
import { isBefore } from './stage.ts';

/** The first stage that works with a part of the spec; `run`: fixed when a run starts; `any`: no stage's result depends on it. */
const readers = {
  apiVersion: 'run',
  model: 'run',
  preset: 'run',
  requester: 'run',
  baseModel: 'prepare-data',
  data: 'prepare-data',
  train: 'train',
  runtime: 'convert',
  build: 'build-engine',
  target: 'evaluate',
  evaluate: 'evaluate',
  approval: 'deploy',
  deploy: 'deploy',
  smokeTest: 'smoke-test',
  repair: 'any',
  timeouts: 'any',
  stallTimeouts: 'any',
  reuse: 'any',
} as const satisfies Readonly<Record<keyof RunSpec, StageName | 'run' | 'any'>>;

/** The first field of a change that a stage before `from` has worked with already; null: all may be changed. Names nobody knows pass. */
export function settledField(change: SpecChange, from: StageName): SettledField | null {
  for (const path of Object.keys(change)) {
    const reader = readerOf(path);
    if (reader === 'run') return { path, reader: null };
    if (reader !== 'any' && isBefore(reader, from)) return { path, reader };
  }
  return null;
}

function readerOf(path: string): StageName | 'run' | 'any' {
  const [part = ''] = path.split('.');
  return isPart(part) ? readers[part] : 'any';
}

function isPart(part: string): part is keyof typeof readers {
  return Object.hasOwn(readers, part);
}
