import { isDeepStrictEqual } from 'node:util';
import type { LoadedModelConfig, LoadedTensor, ModelIndexEntry } from '../../protocols/triton/messages.ts';
import { AdapterError } from '../errors.ts';
import { failedVersions, readyVersions } from './index-state.ts';
import type { ModelVersions } from './model-config.ts';
import { buildModelConfig } from './model-config.ts';
import type { ModelServer } from './model-server.ts';
import { oneLine, toAdapterError } from './to-adapter-error.ts';

/**
 * Proves a load: the wanted versions and no others are ready, and each runs with the configuration that was sent. A load can succeed
 * without doing anything, and its call may have been lost.
 */
export async function checkLoaded(
  server: ModelServer,
  wanted: ModelVersions,
  index: readonly ModelIndexEntry[],
): Promise<void> {
  const { modelName } = wanted;
  const ready = readyVersions(index, modelName);
  if (
    !isDeepStrictEqual(
      ready,
      wanted.versions.toSorted((one, other) => one - other),
    )
  ) {
    throw rejected(server, wanted, index) ?? notAsAsked(server, wanted, `ready versions are ${listOf(ready)}`);
  }
  for (const version of wanted.versions) {
    const loaded = await readConfig(server, { modelName, version });
    const differences = configDifferences(wanted, loaded);
    if (differences.length === 0) continue;
    throw notAsAsked(server, wanted, `version ${version} runs with another ${differences.join(', ')}`);
  }
}

/**
 * Names of the settings that differ from the canonical configuration. The version policy is left out: a version that stayed resident
 * keeps showing the policy it was loaded with.
 */
function configDifferences(wanted: ModelVersions, loaded: LoadedModelConfig): readonly string[] {
  const sent = comparable(buildModelConfig(wanted) as unknown as LoadedModelConfig);
  const found = comparable(loaded);
  return Object.keys(sent).filter((key) => !isDeepStrictEqual(found[key], sent[key]));
}

function comparable(config: LoadedModelConfig): Readonly<Record<string, unknown>> {
  return {
    name: config.name,
    backend: config.backend,
    max_batch_size: config.max_batch_size,
    default_model_filename: config.default_model_filename,
    input: config.input.map((input) => `${tensorText(input)}${input.optional === true ? '?' : ''}`),
    output: config.output.map(tensorText),
    instance_group: config.instance_group.map(({ count, kind }) => `${count} ${kind}`),
    model_transaction_policy: config.model_transaction_policy?.decoupled ?? false,
  };
}

function tensorText({ name, data_type, dims }: LoadedTensor): string {
  return `${name} ${data_type}[${dims.join(',')}]`;
}

async function readConfig(
  { control, name }: ModelServer,
  model: { readonly modelName: string; readonly version: number },
): Promise<LoadedModelConfig> {
  try {
    return await control.modelConfig({ name: model.modelName, version: model.version });
  } catch (error) {
    throw toAdapterError(
      error,
      `read the configuration of version ${model.version} of ${model.modelName} on replica ${name}`,
    );
  }
}

function rejected(
  server: ModelServer,
  { modelName, versions }: ModelVersions,
  index: readonly ModelIndexEntry[],
): AdapterError | null {
  const failed = failedVersions(index, modelName).find(({ version }) => versions.includes(version));
  if (failed === undefined) return null;
  const message = `version ${failed.version} of ${modelName} did not load on replica ${server.name}: ${oneLine(failed.reason)}`;
  return new AdapterError(
    'EngineRejected',
    `${message}; correct the engine or its serving options and deploy a new version`,
    {
      system: 'triton',
      details: { reason: failed.reason },
    },
  );
}

function notAsAsked(server: ModelServer, { modelName, versions }: ModelVersions, found: string): AdapterError {
  const message = `replica ${server.name} was asked for versions ${listOf(versions)} of ${modelName}, but ${found}; it is tried again`;
  return new AdapterError('VerificationFailed', message, { system: 'triton' });
}

function listOf(versions: readonly number[]): string {
  return versions.length === 0 ? 'none' : versions.join(', ');
}
