import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../contracts/canonical-json.ts';
import { openControl } from '../../protocols/triton/control.ts';
import { AdapterError } from '../errors.ts';
import { isMissing, readFileIfThere, removeFileDurably, writeFileDurably } from './durable-file.ts';
import { loadModel } from './load-model.ts';
import { buildModelConfig } from './model-config.ts';
import type { ModelServer } from './model-server.ts';
import { defaultTimeouts } from './model-server.ts';

export interface RestoreOptions {
  readonly grpcAddress: string;
  /** Secret of the model-repository protocol. */
  readonly secret: string;
  readonly desiredDirectory: string;
}

const desiredModel = z.object({
  modelName: z.string(),
  config: z.object({ version_policy: z.object({ specific: z.object({ versions: z.array(z.int()) }) }) }),
});

/**
 * Loads what was live before a restart; Triton in explicit control mode comes up empty. All models are tried.
 * @returns the names of the models that are served again
 * @throws AdapterError of the first model that could not be loaded, after all were tried
 */
export async function restoreDesiredModels(options: RestoreOptions): Promise<readonly string[]> {
  const { grpcAddress, secret, desiredDirectory } = options;
  const control = openControl({ grpcAddress, secret });
  try {
    const server = { name: grpcAddress, control, timeouts: defaultTimeouts };
    return await restoreAll(server, desiredDirectory);
  } finally {
    control.close();
  }
}

async function restoreAll(server: ModelServer, desiredDirectory: string): Promise<readonly string[]> {
  const restored: string[] = [];
  const failures: unknown[] = [];
  for (const modelName of await desiredModels(desiredDirectory)) {
    try {
      const versions = await readDesiredVersions(desiredDirectory, modelName);
      if (versions === null) continue;
      await loadModel(server, { modelName, versions });
      restored.push(modelName);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return restored;
}

/** Versions that a restarted server loads, ascending; null: the model is not to be loaded. */
export async function readDesiredVersions(
  desiredDirectory: string,
  modelName: string,
): Promise<readonly number[] | null> {
  const file = fileOf(desiredDirectory, modelName);
  const text = await readFileIfThere(file);
  return text === null ? null : parseDesired(text, file);
}

/** Replaces the desired state of a model; null or no versions: it is not loaded after a restart. */
export async function writeDesiredVersions(
  desiredDirectory: string,
  modelName: string,
  versions: readonly number[] | null,
): Promise<void> {
  const file = fileOf(desiredDirectory, modelName);
  if (versions === null || versions.length === 0) return removeFileDurably(file);
  return writeFileDurably(file, canonicalJson({ modelName, config: buildModelConfig({ modelName, versions }) }));
}

async function desiredModels(desiredDirectory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(desiredDirectory);
    return names
      .filter((name) => !name.startsWith('.') && name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length))
      .toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function parseDesired(text: string, file: string): readonly number[] {
  try {
    return desiredModel.parse(JSON.parse(text)).config.version_policy.specific.versions;
  } catch (cause) {
    const message = `${file} does not say which versions to serve; remove it and deploy or roll back the model`;
    throw new AdapterError('Unexpected', message, { system: 'triton', cause });
  }
}

function fileOf(desiredDirectory: string, modelName: string): string {
  return join(desiredDirectory, `${modelName}.json`);
}
