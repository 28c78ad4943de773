import { link, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isUnfinishedName, keyPrefixProblem, objectKeyProblem } from '../../contracts/object-key.ts';
import type { ObjectStore, StoredObject, TransferOptions, UnfinishedWrite } from '../../ports/object-store.ts';
import { AdapterError } from '../errors.ts';
import { hasCode } from '../file-failures.ts';
import { copyDurably } from './copy-file.ts';
import { downloadFile } from './download-file.ts';
import { makeFolderDurably, removeStaleTemporaries, syncFolder, temporaryPath } from './durable-files.ts';
import { toAdapterError } from './to-adapter-error.ts';
import { findUnfinished, removeIfEmpty } from './unfinished-files.ts';
import { walkFolder } from './walk-folder.ts';

interface Directory {
  readonly rootUri: string;
  readonly root: string;
  /** Done once, before the first write. */
  readonly cleaned: () => Promise<void>;
}

interface Asked {
  readonly verb: string;
  readonly key: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A directory (laptop, mounted volume) as object store. A name is claimed by link(2) of a complete, fsynced temporary file, which has
 * one winner on every POSIX file system; the root must therefore lie on a single one.
 * @param rootUri `file:///absolute/path`; made when first written to.
 * @throws AdapterError `InvalidConfig` when it is not such a uri.
 */
export function createDirectoryStore(rootUri: string): ObjectStore {
  const directory = openDirectory(rootUri);
  const act = <T>(asked: Asked, action: (path: string) => Promise<T>): Promise<T> => withKey(directory, asked, action);
  return {
    rootUri: directory.rootUri,
    putIfAbsent: (key, bytes) => act({ verb: 'write', key }, (path) => putIfAbsent(directory, path, bytes)),
    get: (key) => act({ verb: 'read', key }, (path) => readFile(path)),
    stat: (key) => act({ verb: 'look at', key }, statFile),
    list: (prefix) => listFiles(directory, prefix),
    delete: (key) => act({ verb: 'delete', key }, deleteFile),
    listUnfinished: (prefix) => listUnfinished(directory, prefix),
    removeUnfinished: (id) => removeUnfinished(directory, id),
    upload: (file, key, options = {}) =>
      act({ verb: `upload ${file} to`, key, signal: options.signal }, (path) =>
        upload(directory, { file, path }, options),
      ),
    download: (key, file, options) =>
      act({ verb: 'download', key, signal: options.signal }, (path) =>
        downloadFile({ source: path, file, uri: `${directory.rootUri}/${key}` }, options),
      ),
  };
}

function openDirectory(rootUri: string): Directory {
  const uri = rootUri.replace(/\/+$/u, '');
  if (!uri.startsWith('file:///')) {
    throw new AdapterError('InvalidConfig', `store root "${rootUri}" is not like file:///absolute/path`, {
      system: 'store',
    });
  }
  const root = fileURLToPath(uri);
  let cleaning: Promise<void> | undefined;
  return { rootUri: uri, root, cleaned: () => (cleaning ??= cleanOnce(root)) };
}

/** Housekeeping: what cannot be removed must not fail a write. */
async function cleanOnce(root: string): Promise<void> {
  await removeStaleTemporaries(root).catch(() => undefined);
}

async function withKey<T>(directory: Directory, asked: Asked, action: (path: string) => Promise<T>): Promise<T> {
  const { verb, key } = asked;
  const problem = objectKeyProblem(key);
  if (problem !== null) throw badKey(key, problem);
  try {
    return await action(join(directory.root, key));
  } catch (error) {
    asked.signal?.throwIfAborted();
    throw toAdapterError(error, `${verb} ${directory.rootUri}/${key}`);
  }
}

async function putIfAbsent(directory: Directory, path: string, bytes: Uint8Array): Promise<boolean> {
  if ((await statFile(path)) !== null) return false;
  return claim(directory, path, (temporary) => writeDurably(temporary, bytes));
}

async function upload(
  directory: Directory,
  names: { readonly file: string; readonly path: string },
  options: TransferOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  if ((await statFile(names.path)) !== null) return;
  await claim(directory, names.path, (temporary) => copyDurably(names.file, temporary, options));
}

/** Lets `fill` write a temporary file and gives it its name; false if another was faster. Nothing is left behind either way. */
async function claim(directory: Directory, path: string, fill: (temporary: string) => Promise<void>): Promise<boolean> {
  await directory.cleaned();
  const temporary = await temporaryPath(directory.root);
  try {
    await fill(temporary);
    await makeFolderDurably(dirname(path));
    const isWinner = await linkExclusively(temporary, path);
    await syncFolder(dirname(path));
    return isWinner;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A network file system may answer EEXIST to its own repeated request: then the temporary file has two names. */
async function linkExclusively(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return (await stat(temporary)).nlink === 2;
    throw error;
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function statFile(path: string): Promise<{ readonly sizeBytes: number } | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? { sizeBytes: found.size } : null;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

async function deleteFile(path: string): Promise<void> {
  try {
    await rm(path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
}

async function* listFiles(directory: Directory, prefix: string): AsyncGenerator<StoredObject> {
  const problem = keyPrefixProblem(prefix);
  if (problem !== null) throw badKey(prefix, problem);
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  try {
    for await (const { path, ...facts } of walkFolder(join(directory.root, folder))) {
      const key = `${folder}${path}`;
      if (key.startsWith(prefix) && !key.split('/').some(isUnfinishedName)) yield { key, ...facts };
    }
  } catch (error) {
    throw toAdapterError(error, `list ${directory.rootUri}/${prefix}`);
  }
}

async function* listUnfinished({ root, rootUri }: Directory, prefix: string): AsyncGenerator<UnfinishedWrite> {
  const problem = keyPrefixProblem(prefix);
  if (problem !== null) throw badKey(prefix, problem);
  try {
    yield* findUnfinished(root, prefix);
  } catch (error) {
    throw toAdapterError(error, `list unfinished files of ${rootUri}/${prefix}`);
  }
}

async function removeUnfinished({ root, rootUri }: Directory, id: string): Promise<void> {
  const path = join(root, id);
  try {
    if (id.endsWith('/')) await removeIfEmpty(path);
    else await deleteFile(path);
  } catch (error) {
    throw toAdapterError(error, `remove ${rootUri}/${id}`);
  }
}

function badKey(key: string, problem: string): AdapterError {
  return new AdapterError('InvalidConfig', `"${key}" is no object key: ${problem}`, {
    system: 'store',
    details: { key },
  });
}
