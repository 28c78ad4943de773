import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { candidateModelName } from '../../src/contracts/names.ts';
import type { ModelRegistry, Tracking } from '../../src/ports/tracking.ts';
import type { ServingReplica } from '../../src/ports/serving-replica.ts';

/*
 * What stands in for MLflow and Triton in the benches: neither the bare SDK nor Metaflow has a registry or a server to deploy to, so
 * their time must not count. The calls are made all the same.
 */

export function createIdleTracking(): Tracking {
  return {
    openRun: async ({ runId }) => ({ trackingRunId: `tracking-${runId}`, url: 'http://127.0.0.1/tracking' }),
    logParameters: async () => {},
    logMetrics: async () => {},
    setTags: async () => {},
    closeRun: async () => {},
  };
}

async function* noVersions(): AsyncGenerator<never> {
  yield* [];
}

/** Every run of a bench has a model of its own, and one version of it. */
export function createIdleRegistry(): ModelRegistry {
  return {
    allocateVersion: async () => ({ version: 1, url: 'http://127.0.0.1/version' }),
    tagVersion: async () => {},
    findVersion: async () => null,
    listVersions: noVersions,
    setAlias: async () => {},
  };
}

interface Shown {
  readonly ready: readonly number[];
  readonly published: readonly number[];
  readonly candidate: number | null;
}

/** A replica whose state is one small file for each model, so that a worker that is killed forgets nothing. */
export function createFileReplica(name: string, directory: string): ServingReplica {
  const change = async (model: string, patch: (shown: Shown) => Partial<Shown>): Promise<void> => {
    const shown = await readShown(directory, model);
    await writeShown(directory, model, { ...shown, ...patch(shown) });
  };
  return {
    name,
    readState: async (model) => {
      const { ready, published, candidate } = await readShown(directory, model);
      return {
        index: [],
        readyVersions: ready,
        desiredVersions: ready,
        publishedVersions: published.toSorted((a, b) => a - b),
        stagedVersions: [],
        hasCandidate: candidate !== null,
      };
    },
    raiseFence: async () => {},
    describeMachine: async () => ({ runtimeVersions: {}, cpuFeatures: [] }),
    publish: async ({ model, version }) =>
      change(model, ({ published }) => ({ published: [...new Set([...published, version])] })),
    unpublish: async ({ model, version }) =>
      change(model, ({ published }) => ({ published: published.filter((entry) => entry !== version) })),
    loadCandidate: async ({ model, version }) => change(model, () => ({ candidate: version })),
    unloadCandidate: async ({ model }) => change(model, () => ({ candidate: null })),
    showVersions: async ({ model, versions }) => change(model, () => ({ ready: versions })),
    generate: async function* generate({ modelName }) {
      const version = await answering(directory, modelName);
      if (version === null) return;
      yield { text: 'yes', tokenCount: 1, cumLogProbs: -1, finishReason: 'stop', modelVersion: version };
    },
  };
}

async function answering(directory: string, modelName: string): Promise<number | null> {
  const suffix = candidateModelName('');
  if (!modelName.endsWith(suffix)) return (await readShown(directory, modelName)).ready.at(-1) ?? null;
  return (await readShown(directory, modelName.slice(0, -suffix.length))).candidate;
}

async function readShown(directory: string, model: string): Promise<Shown> {
  const text = await readFile(join(directory, `${model}.json`), 'utf8').catch(() => null);
  return text === null ? { ready: [], published: [], candidate: null } : (JSON.parse(text) as Shown);
}

async function writeShown(directory: string, model: string, shown: Shown): Promise<void> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${model}.json`);
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(shown));
  await rename(draft, file);
}
