import { readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { candidateModelName } from '../../contracts/names.ts';
import type { ReplicaPlatform } from '../../contracts/platform.ts';
import type { ArtifactStore } from '../../ports/object-store.ts';
import type { PublishVersion } from '../../ports/serving-replica.ts';
import { AdapterError } from '../errors.ts';
import { untilSettled } from './await-state.ts';
import { isMissing } from './durable-file.ts';
import { busyVersions } from './index-state.ts';
import type { LockOptions } from './lock.ts';
import { withLock } from './lock.ts';
import type { ModelServer } from './model-server.ts';
import { isPublished, removeVersion, revealVersion } from './repository.ts';
import { markOf, stageVersion } from './stage-version.ts';

export interface PublishDependencies {
  readonly replica: ReplicaPlatform;
  readonly artifacts: ArtifactStore;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Runs `reveal` as the only change of this replica, after the fence was passed. */
  readonly exclusively: (reveal: () => Promise<void>) => Promise<void>;
}

/**
 * Publishes an engine as a version: staged outside the repository on the same file system, where the server does not look, then given
 * its name in one step. The long copy holds up no other change of the replica; only the last step is exclusive. A deployer that was taken
 * over copies nothing.
 */
export async function publishVersion(dependencies: PublishDependencies, request: PublishVersion): Promise<void> {
  const { replica, artifacts, exclusively, signal } = dependencies;
  const directory = {
    repositoryDirectory: replica.repositoryDirectory,
    model: request.model,
    version: request.version,
  };
  const mark = markOf(request.engine, request.serving);
  const folder = stagingFolder(replica, request.model);
  const staged = join(
    folder,
    `${request.version}-${request.engine.digest.slice('sha256:'.length, 'sha256:'.length + 12)}`,
  );
  await withLock(stagingLock(replica, request.model, dependencies.timeoutMs), async () => {
    await exclusively(async () => undefined);
    if (!(await isPublished(directory, mark)))
      await stageVersion(artifacts, { engine: request.engine, serving: request.serving, mark, signal }, staged);
    await tidyWhenOver(folder, async () =>
      exclusively(async () => {
        signal?.throwIfAborted();
        if (!(await isPublished(directory, mark))) await revealVersion(staged, directory);
      }),
    );
  });
}

/** A deployer that was taken over has nothing to go on with; after any other failure, what is staged is taken up again. */
async function tidyWhenOver(folder: string, reveal: () => Promise<void>): Promise<void> {
  try {
    await reveal();
  } catch (error) {
    if (error instanceof AdapterError && error.failure === 'StaleFence')
      await rm(folder, { recursive: true, force: true });
    throw error;
  }
  await rm(folder, { recursive: true, force: true });
}

function stagingLock(replica: ReplicaPlatform, model: string, timeoutMs: number): LockOptions {
  const what = `the staging folder of ${model} on replica ${replica.name}`;
  return { key: stagingFolder(replica, model), what, timeoutMs };
}

/**
 * Removes a version's files, and what an interrupted publication of it has staged.
 * @throws AdapterError `VersionConflict` when users or the smoke test can still reach it
 */
export async function unpublishVersion(
  server: ModelServer,
  { replica, exclusively, timeoutMs }: PublishDependencies,
  request: { readonly model: string; readonly version: number },
): Promise<void> {
  const { model, version } = request;
  const folder = stagingFolder(replica, model);
  await withLock(stagingLock(replica, model, timeoutMs), async () => {
    await exclusively(async () => {
      await requireUnused(server, request);
      const directory = { repositoryDirectory: replica.repositoryDirectory, model, version };
      await removeVersion(directory, join(folder, `${version}.removed`));
    });
    for (const name of await stagedNames(folder)) {
      if (stagedVersion(name) === version) await rm(join(folder, name), { recursive: true, force: true });
    }
    await rmdir(folder).catch(() => undefined);
  });
}

async function requireUnused(
  server: ModelServer,
  { model, version }: { readonly model: string; readonly version: number },
): Promise<void> {
  for (const modelName of [model, candidateModelName(model)]) {
    const index = await untilSettled(server, { modelName, notIn: ['LOADING', 'UNLOADING'] });
    if (busyVersions(index, modelName).includes(version)) throw inUse(server, { modelName, version });
  }
}

/** Versions of which an interrupted publication or removal has left files beside the repository, ascending. */
export async function stagedVersions(replica: ReplicaPlatform, model: string): Promise<readonly number[]> {
  const names = await stagedNames(stagingFolder(replica, model));
  return [...new Set(names.map(stagedVersion))].toSorted((one, other) => one - other);
}

async function stagedNames(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return names.filter((name) => stagedVersion(name) > 0);
}

/** `7-<digest>…`, `7.removed`. */
function stagedVersion(name: string): number {
  return Number.parseInt(name, 10);
}

/** Beside the repository: a file that appears inside a model's folder would look like a change of the model. */
function stagingFolder({ repositoryDirectory }: ReplicaPlatform, model: string): string {
  return join(dirname(repositoryDirectory), `${basename(repositoryDirectory)}-staging`, model);
}

function inUse({ name }: ModelServer, { modelName, version }: { modelName: string; version: number }): AdapterError {
  const message = `version ${version} of ${modelName} is loaded on replica ${name}; show other versions before removing its files`;
  return new AdapterError('VersionConflict', message, { system: 'triton' });
}
