import type { AllocateVersion, ModelRegistry, RegisteredVersion } from '../../ports/tracking.ts';
import type { ModelVersion } from './model-versions.ts';
import { allModelVersions, ensureModelVersion, getModelVersion } from './model-versions.ts';
import type { MlflowOptions, MlflowRest } from './rest.ts';
import { createMlflowRest, emptyAnswer } from './rest.ts';
import { buildTags } from './tags.ts';
import { mlflowErrorCode } from './to-adapter-error.ts';
import { buildModelVersionUrl } from './ui-links.ts';

/** Registered models, versions and aliases on an MLflow server; every call may be repeated. */
export function createMlflowRegistry(options: MlflowOptions): ModelRegistry {
  const rest = createMlflowRest(options);
  return {
    allocateVersion: (request) => allocateVersion(rest, options.url, request),
    tagVersion: (model, version, tags) => tagVersion(rest, { model, version, tags }),
    findVersion: (model, version) => findVersion(rest, model, version),
    listVersions: () => listVersions(rest),
    setAlias: (model, alias, version) =>
      version === null ? removeAlias(rest, model, alias) : moveAlias(rest, { model, alias, version }),
  };
}

async function allocateVersion(
  rest: MlflowRest,
  serverUrl: string,
  request: AllocateVersion,
): Promise<{ readonly version: number; readonly url: string }> {
  await ensureRegisteredModel(rest, request.model);
  const version = await ensureModelVersion(rest, request);
  return { version, url: buildModelVersionUrl(serverUrl, request.model, version) };
}

async function ensureRegisteredModel(rest: MlflowRest, name: string): Promise<void> {
  try {
    await rest({ method: 'POST', path: 'registered-models/create', body: { name }, answer: emptyAnswer });
  } catch (error) {
    if (mlflowErrorCode(error) !== 'RESOURCE_ALREADY_EXISTS') throw error;
  }
}

interface VersionTags {
  readonly model: string;
  readonly version: number;
  readonly tags: Readonly<Record<string, string>>;
}

async function tagVersion(rest: MlflowRest, { model, version, tags }: VersionTags): Promise<void> {
  for (const tag of buildTags(tags)) {
    const body = { name: model, version: String(version), ...tag };
    await rest({ method: 'POST', path: 'model-versions/set-tag', body, answer: emptyAnswer });
  }
}

async function findVersion(rest: MlflowRest, model: string, version: number): Promise<RegisteredVersion | null> {
  const found = await getModelVersion(rest, model, version);
  if (found === null) return null;
  return registeredVersion(found);
}

async function* listVersions(rest: MlflowRest): AsyncGenerator<RegisteredVersion> {
  for await (const version of allModelVersions(rest)) yield registeredVersion(version);
}

function registeredVersion({ version, tags }: ModelVersion): RegisteredVersion {
  return { version, tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) };
}

interface AliasMove {
  readonly model: string;
  readonly alias: string;
  readonly version: number;
}

async function moveAlias(rest: MlflowRest, { model, alias, version }: AliasMove): Promise<void> {
  const body = { name: model, alias, version: String(version) };
  await rest({ method: 'POST', path: 'registered-models/alias', body, answer: emptyAnswer });
}

/** An alias that is not there is removed; so is one of a model that is not there. */
async function removeAlias(rest: MlflowRest, model: string, alias: string): Promise<void> {
  try {
    const body = { name: model, alias };
    await rest({ method: 'DELETE', path: 'registered-models/alias', body, answer: emptyAnswer });
  } catch (error) {
    if (mlflowErrorCode(error) !== 'RESOURCE_DOES_NOT_EXIST') throw error;
  }
}
