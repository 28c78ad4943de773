import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AdapterError } from '../errors.ts';
import { isMissing, readFileIfThere, syncPath } from './durable-file.ts';

/** What a published version directory says about itself, in `.windlass.json`. */
export interface PublishedMark {
  readonly engineDigest: string;
  readonly servingDigest: string;
}

export const markFile = '.windlass.json';

export interface VersionDirectory {
  readonly repositoryDirectory: string;
  readonly model: string;
  readonly version: number;
}

function versionPath({ repositoryDirectory, model, version }: VersionDirectory): string {
  return join(repositoryDirectory, model, String(version));
}

/**
 * True when this very engine with these serving options is published, false when nothing is.
 * @throws AdapterError `VersionConflict` when anything else is there
 */
export async function isPublished(directory: VersionDirectory, mark: PublishedMark): Promise<boolean> {
  const path = versionPath(directory);
  if (!(await isThere(path))) return false;
  const found = parseMark(await readFileIfThere(join(path, markFile)));
  if (found?.engineDigest === mark.engineDigest && found.servingDigest === mark.servingDigest) return true;
  throw conflict(directory, differenceOf(found, mark));
}

/** Gives a complete staged directory its name. Not there afterwards under another content: `isPublished` tells. */
export async function revealVersion(staged: string, directory: VersionDirectory): Promise<void> {
  const path = versionPath(directory);
  await mkdir(dirname(path), { recursive: true });
  await syncPath(directory.repositoryDirectory);
  await rename(staged, path);
  await syncPath(dirname(path));
}

/**
 * Removes a version's files in one step: out of sight first, so that nobody ever sees half a version. The model's folder goes with its
 * last version.
 */
export async function removeVersion(directory: VersionDirectory, trash: string): Promise<void> {
  await rm(trash, { recursive: true, force: true });
  await mkdir(dirname(trash), { recursive: true });
  try {
    await rename(versionPath(directory), trash);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await syncPath(dirname(versionPath(directory)));
  await rm(trash, { recursive: true, force: true });
}

/** Published versions of a model, ascending. */
export async function publishedVersions(repositoryDirectory: string, model: string): Promise<readonly number[]> {
  try {
    const names = await readdir(join(repositoryDirectory, model));
    return names
      .filter((name) => /^[1-9]\d*$/.test(name))
      .map(Number)
      .toSorted((one, other) => one - other);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * Triton itself loads the rest when one of several versions is missing.
 * @throws AdapterError `NotFound`
 */
export async function requirePublished(
  repositoryDirectory: string,
  model: string,
  versions: readonly number[],
): Promise<void> {
  const published = await publishedVersions(repositoryDirectory, model);
  const missing = versions.filter((version) => !published.includes(version));
  if (missing.length === 0) return;
  const message = `version ${missing.join(', ')} of ${model} is not in the model repository; publish it first`;
  throw new AdapterError('NotFound', message, { system: 'triton', details: { missing, published } });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function parseMark(text: string | null): PublishedMark | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as PublishedMark;
  } catch {
    return null;
  }
}

function differenceOf(found: PublishedMark | null, mark: PublishedMark): string {
  if (found === null) return 'its directory was not published by Windlass';
  return found.engineDigest === mark.engineDigest
    ? 'it has other serving options'
    : `it holds engine ${found.engineDigest}, not ${mark.engineDigest}`;
}

function conflict(directory: VersionDirectory, difference: string): AdapterError {
  return new AdapterError(
    'VersionConflict',
    `version ${directory.version} of ${directory.model} is published already and ${difference}; a number is never reused: allocate a new version`,
    { system: 'triton', details: { path: versionPath(directory) } },
  );
}
