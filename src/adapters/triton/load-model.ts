import { canonicalJson } from '../../contracts/canonical-json.ts';
import { AdapterError } from '../errors.ts';
import { untilSettled } from './await-state.ts';
import type { ModelServer } from './model-server.ts';
import type { ModelVersions } from './model-config.ts';
import { buildModelConfig } from './model-config.ts';
import { oneLine, toAdapterError } from './to-adapter-error.ts';
import { checkLoaded } from './verify-loaded.ts';

/**
 * Makes exactly these versions ready and proves it. A call that is lost (deadline, broken connection) does not end the load on the
 * server: the outcome is then read from the index, and nothing is sent again while a version is still loading.
 * @throws AdapterError `EngineRejected` with Triton's reason, `VerificationFailed`, `Unavailable`, `AccessDenied`
 */
export async function loadModel(server: ModelServer, wanted: ModelVersions): Promise<void> {
  await untilSettled(server, { modelName: wanted.modelName, notIn: ['LOADING'] });
  try {
    await server.control.loadModel({
      name: wanted.modelName,
      configJson: canonicalJson(buildModelConfig(wanted)),
      timeoutMs: server.timeouts.loadMs,
    });
  } catch (error) {
    const failure = toAdapterError(error, `load ${describe(wanted)} on replica ${server.name}`);
    if (failure.failure !== 'Unavailable') throw failure;
  }
  const index = await untilSettled(server, { modelName: wanted.modelName, notIn: ['LOADING'] });
  await checkLoaded(server, wanted, index);
}

/** Unloads a model and waits until its last request has ended. Not loaded: nothing is done. */
export async function unloadModel(server: ModelServer, modelName: string): Promise<void> {
  await untilSettled(server, { modelName, notIn: ['LOADING'] });
  try {
    await server.control.unloadModel({ name: modelName, timeoutMs: server.timeouts.loadMs });
  } catch (error) {
    const failure = toAdapterError(error, `unload ${modelName} on replica ${server.name}`);
    if (failure.failure !== 'Unavailable') throw failure;
  }
  await untilUnloaded(server, modelName);
}

async function untilUnloaded(server: ModelServer, modelName: string): Promise<void> {
  const index = await untilSettled(server, { modelName, notIn: ['LOADING', 'UNLOADING'] });
  const kept = index.find(({ name, state }) => name === modelName && state === 'READY');
  if (kept === undefined) return;
  const reason = kept.reason === '' ? '' : ` (${oneLine(kept.reason)})`;
  const message = `version ${kept.version} of ${modelName} is still ready on replica ${server.name} after its unload${reason}`;
  throw new AdapterError('VerificationFailed', message, { system: 'triton' });
}

function describe({ modelName, versions }: ModelVersions): string {
  return `version${versions.length === 1 ? '' : 's'} ${versions.join(', ')} of ${modelName}`;
}
