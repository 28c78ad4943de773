import { readDesiredVersions, writeDesiredVersions } from './desired-state.ts';
import { loadModel, unloadModel } from './load-model.ts';
import type { ModelVersions } from './model-config.ts';
import type { ModelServer } from './model-server.ts';
import { requirePublished } from './repository.ts';

export interface ModelFolders {
  readonly repositoryDirectory: string;
  readonly desiredDirectory: string;
}

/**
 * Makes exactly these versions what users reach. The desired state is written first, so that a server that restarts in between comes
 * up with them; when the load fails, the former desired state is put back.
 */
export async function showVersions(server: ModelServer, folders: ModelFolders, wanted: ModelVersions): Promise<void> {
  const { modelName, versions } = wanted;
  await requirePublished(folders.repositoryDirectory, modelName, versions);
  const former = await readDesiredVersions(folders.desiredDirectory, modelName);
  await writeDesiredVersions(folders.desiredDirectory, modelName, versions);
  try {
    await (versions.length === 0 ? unloadModel(server, modelName) : loadModel(server, wanted));
  } catch (error) {
    await writeDesiredVersions(folders.desiredDirectory, modelName, former);
    throw error;
  }
}
