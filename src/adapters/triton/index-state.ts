import type { ModelIndexEntry } from '../../protocols/triton/messages.ts';

type Index = readonly ModelIndexEntry[];

/** Ready versions of a model, ascending. */
export function readyVersions(index: Index, modelName: string): readonly number[] {
  return versionsIn(index, modelName, ['READY']);
}

/** Versions that hold their files open: ready, on their way there, or with requests to end. */
export function busyVersions(index: Index, modelName: string): readonly number[] {
  return versionsIn(index, modelName, ['READY', 'LOADING', 'UNLOADING']);
}

export function hasState(index: Index, modelName: string, ...states: readonly string[]): boolean {
  return versionsIn(index, modelName, states).length > 0;
}

/** Why versions could not be loaded; empty: nothing failed. */
export function failedVersions(index: Index, modelName: string): readonly { version: number; reason: string }[] {
  return index
    .filter(({ name, state, reason }) => name === modelName && state === 'UNAVAILABLE' && reason !== 'unloaded')
    .map(({ version, reason }) => ({ version: Number(version), reason }));
}

function versionsIn(index: Index, modelName: string, states: readonly string[]): readonly number[] {
  return index
    .filter(({ name, state }) => name === modelName && states.includes(state))
    .map(({ version }) => Number(version))
    .toSorted((one, other) => one - other);
}
