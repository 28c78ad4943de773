import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { canonicalJson } from '../../contracts/canonical-json.ts';
import type { JobDocument } from '../../contracts/job.ts';
import { AdapterError } from '../errors.ts';

const draftPattern = /^\..*\.draft-/;
const jobNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/;
/** A draft this old was left by a submitter that was killed, whatever its job. */
const abandonedDraftMs = 10 * 60_000;

/** The files of one job; everything but `work` is small and stays for `windlass logs`. */
export interface JobPaths {
  readonly directory: string;
  readonly document: string;
  readonly log: string;
  readonly progress: string;
  readonly work: string;
  /** Written once, by the process that runs the job. */
  readonly claim: string;
  /** Written once, when the job has ended. */
  readonly exit: string;
}

/** @throws AdapterError `InvalidConfig` for a name that is no plain file name. */
export function jobPaths(root: string, jobName: string): JobPaths {
  if (!jobNamePattern.test(jobName)) {
    const message = `job name "${jobName}" is not usable: letters, digits, ".", "_" and "-" only, at most 201 characters`;
    throw new AdapterError('InvalidConfig', message, { system: 'jobs' });
  }
  const directory = path.resolve(root, jobName);
  return {
    directory,
    document: path.join(directory, 'job.json'),
    log: path.join(directory, 'log.txt'),
    progress: path.join(directory, 'progress.jsonl'),
    work: path.join(directory, 'work'),
    claim: path.join(directory, 'started.json'),
    exit: path.join(directory, 'exit.json'),
  };
}

/**
 * Makes the directory of a job appear whole, or finds the one that is there. Safe to repeat and to race.
 * @throws AdapterError `Conflict` where the name belongs to another document.
 */
export async function ensureJobDirectory(paths: JobPaths, document: JobDocument): Promise<void> {
  const text = canonicalJson(document);
  await mkdir(path.dirname(paths.directory), { recursive: true });
  if (!(await exists(paths.directory))) await publishDirectory(paths.directory, text);
  await removeAbandonedDrafts(paths.directory);
  const found = await readFile(paths.document, 'utf8');
  if (found !== text) throw nameTaken(document.jobName, found, text);
}

/** The inode of the directory is the job's identity: a later job of the same name has another. */
export async function jobId(paths: JobPaths): Promise<string> {
  return String((await stat(paths.directory)).ino);
}

async function publishDirectory(directory: string, documentText: string): Promise<void> {
  const draft = `${draftPrefix(directory)}${randomUUID()}`;
  try {
    await mkdir(path.join(draft, 'work'), { recursive: true });
    await writeFile(path.join(draft, 'job.json'), documentText, { flush: true });
    await Promise.all(['log.txt', 'progress.jsonl'].map((name) => writeFile(path.join(draft, name), '')));
    await rename(draft, directory);
  } catch (error) {
    await removeDraft(draft);
    if (!(await exists(directory))) throw error;
  }
  await syncDirectory(path.dirname(directory));
}

/** Once a job has its directory, a draft of it is of no use; whoever still writes one finds the directory there. */
async function removeAbandonedDrafts(directory: string): Promise<void> {
  const root = path.dirname(directory);
  const own = path.basename(draftPrefix(directory));
  for (const name of await readdir(root)) {
    if (!draftPattern.test(name)) continue;
    const draft = path.join(root, name);
    if (name.startsWith(own) || (await isAbandoned(draft))) await removeDraft(draft);
  }
}

/** Again where its submitter, who lost the race, was still writing into it. */
async function removeDraft(draft: string): Promise<void> {
  await rm(draft, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 });
}

async function isAbandoned(draft: string): Promise<boolean> {
  const found = await stat(draft).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs > abandonedDraftMs;
}

function draftPrefix(directory: string): string {
  return path.join(path.dirname(directory), `.${path.basename(directory)}.draft-`);
}

function nameTaken(jobName: string, found: string, wanted: string): AdapterError {
  const details = { found: digestOf(found), wanted: digestOf(wanted) };
  const message =
    `job "${jobName}" exists with another document (${details.found}, wanted ${details.wanted}): ` +
    'give the new job a name of its own';
  return new AdapterError('Conflict', message, { system: 'jobs', details });
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
