import { lstat, mkdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { candidateModelName } from '../../contracts/names.ts';
import { readIndex, untilSettled } from './await-state.ts';
import { syncPath } from './durable-file.ts';
import { busyVersions, failedVersions } from './index-state.ts';
import { loadModel, unloadModel } from './load-model.ts';
import type { ModelServer } from './model-server.ts';
import { requirePublished } from './repository.ts';

export interface CandidateModel {
  readonly repositoryDirectory: string;
  readonly model: string;
}

/**
 * Loads a published version under the candidate name. Users without a version number are answered by the highest ready version of a
 * model, so an unproven one must not be loaded under the model's own name.
 */
export async function loadCandidate(server: ModelServer, candidate: CandidateModel, version: number): Promise<void> {
  const modelName = candidateModelName(candidate.model);
  await requirePublished(candidate.repositoryDirectory, candidate.model, [version]);
  await untilSettled(server, { modelName, notIn: ['LOADING'] });
  await linkCandidate(candidate, version);
  await loadModel(server, { modelName, versions: [version] });
}

/** Unloads the candidate name, waits until its requests have ended, and removes every trace of it. */
export async function unloadCandidate(server: ModelServer, candidate: CandidateModel): Promise<void> {
  const modelName = candidateModelName(candidate.model);
  const index = await readIndex(server);
  if (busyVersions(index, modelName).length > 0) await unloadModel(server, modelName);
  for (const { version } of failedVersions(index, modelName)) await clearFailure(server, candidate, version);
  await rm(folderOf(candidate), { recursive: true, force: true });
}

/** Whether a candidate was prepared, though it may never have been loaded. */
export async function hasCandidateFolder(candidate: CandidateModel): Promise<boolean> {
  return (await lstat(folderOf(candidate)).catch(() => null)) !== null;
}

async function linkCandidate(candidate: CandidateModel, version: number): Promise<void> {
  const folder = folderOf(candidate);
  const link = join(folder, String(version));
  const target = join('..', candidate.model, String(version));
  if ((await linkTarget(link)) === target) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await symlink(target, link);
  await syncPath(folder);
}

/**
 * Triton remembers a failed load for as long as it runs, and with strict readiness the whole server counts as not ready until that very
 * version has loaded once: a model that does nothing takes its place for a moment.
 */
async function clearFailure(server: ModelServer, candidate: CandidateModel, version: number): Promise<void> {
  const modelName = candidateModelName(candidate.model);
  const folder = join(folderOf(candidate), String(version));
  await rm(folderOf(candidate), { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.py'), blankModel);
  await loadModel(server, { modelName, versions: [version] });
  await unloadModel(server, modelName);
}

const blankModel = `class TritonPythonModel:
    def execute(self, requests):
        return None
`;

async function linkTarget(link: string): Promise<string | null> {
  const found = await lstat(link).catch(() => null);
  return found?.isSymbolicLink() === true ? readlink(link) : null;
}

function folderOf({ repositoryDirectory, model }: CandidateModel): string {
  return join(repositoryDirectory, candidateModelName(model));
}
