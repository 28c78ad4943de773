import type { ObjectStore } from '../../ports/object-store.ts';
import { endsLine, lastLines, withoutStamps } from './log-lines.ts';

/** The pod that wrote a log, or a part of it: a Job that was put back into its queue has had another one before. */
export interface LogSource {
  readonly jobName: string;
  readonly pod: string;
  /** Logs stand in this order; of a pod that stands behind the one that leads, it is a second after its end. */
  readonly createdMs: number;
}

/** How far the log of a pod is kept, and what has to be known to go on from there. */
export interface LogEnd {
  readonly source: LogSource;
  /** Bytes of what the container wrote. */
  readonly offset: number;
  /** What was kept last, as the node gave it, from the beginning of a line. */
  readonly kept: Buffer;
  /** The log of the job before this pod, in bytes. */
  readonly base: number;
}

/**
 * Logs of jobs in the object store, in pieces: `jobs/<job name>/log/<when the pod was made>-<pod>/<offset>.txt`. Each is what a node gave:
 * lines with their times. The names are the index: an offset is how many bytes the container wrote before, so that any number of writers
 * that know the same pieces write the next one under the same name, and one of them does. A piece that begins within a line ends in
 * `+.txt`.
 */
export interface LogArchive {
  endOf(source: LogSource): Promise<LogEnd>;
  /** Null: somebody else has kept what comes next. */
  append(end: LogEnd, bytes: Buffer): Promise<LogEnd | null>;
  /** What the container wrote, from an offset on: all that is kept, or at least so many bytes. */
  read(jobName: string, offset: number, minBytes: number): Promise<Buffer>;
  /** The end of it, at least so many bytes where there are as many. */
  readLast(jobName: string, minBytes: number): Promise<Buffer>;
}

interface LogPiece {
  readonly key: string;
  /** Name of the folder of its pod. */
  readonly folder: string;
  readonly offset: number;
  readonly isContinued: boolean;
}

/** Each job that is followed holds so much. */
const keptBytes = 64 * 1024;
const offsetDigits = 12;
const keyPattern = /\/log\/(?<folder>[^/]+)\/(?<offset>\d+)(?<continued>\+?)\.txt$/u;

export function createLogArchive(objects: ObjectStore): LogArchive {
  return {
    endOf: async (source) => endOf(objects, source),
    append: async (end, bytes) => append(objects, end, bytes),
    read: async (jobName, offset, minBytes) => read(objects, { jobName, offset, minBytes }),
    readLast: async (jobName, minBytes) => readLast(objects, jobName, minBytes),
  };
}

async function endOf(objects: ObjectStore, source: LogSource): Promise<LogEnd> {
  const pieces = await listPieces(objects, source.jobName);
  const base = await lengthOf(
    objects,
    pieces.filter(({ folder }) => folder < folderOf(source)),
  );
  const own = pieces.filter(({ folder }) => folder === folderOf(source));
  return { source, base, ...(await tailOf(objects, own)) };
}

/** From the last piece that begins with a line. */
async function tailOf(objects: ObjectStore, pieces: readonly LogPiece[]): Promise<Pick<LogEnd, 'offset' | 'kept'>> {
  const first = pieces.findLast(({ isContinued }) => !isContinued);
  if (first === undefined) return { offset: 0, kept: Buffer.alloc(0) };
  const bytes: Buffer[] = [];
  for (const piece of pieces.slice(pieces.indexOf(first))) bytes.push(await readPiece(objects, piece));
  const kept = Buffer.concat(bytes);
  return { offset: first.offset + withoutStamps(kept, false).length, kept: lastLines(kept, keptBytes) };
}

async function append(objects: ObjectStore, end: LogEnd, bytes: Buffer): Promise<LogEnd | null> {
  const isContinued = !endsLine(end.kept);
  const offset = String(end.offset).padStart(offsetDigits, '0');
  const key = `jobs/${end.source.jobName}/log/${folderOf(end.source)}/${offset}${isContinued ? '+' : ''}.txt`;
  if (!(await objects.putIfAbsent(key, bytes))) return null;
  return {
    ...end,
    offset: end.offset + withoutStamps(bytes, isContinued).length,
    kept: lastLines(isContinued ? Buffer.concat([end.kept, bytes]) : bytes, keptBytes),
  };
}

interface LogRange {
  readonly jobName: string;
  readonly offset: number;
  readonly minBytes: number;
}

async function read(objects: ObjectStore, { jobName, offset, minBytes }: LogRange): Promise<Buffer> {
  const pieces = await placed(objects, await listPieces(objects, jobName));
  const from = pieces.findLastIndex(({ start }) => start <= offset);
  const found: Buffer[] = [];
  let bytes = 0;
  for (const piece of pieces.slice(Math.max(0, from))) {
    const text = await readText(objects, piece);
    found.push(text.subarray(Math.max(0, offset - piece.start)));
    bytes += found.at(-1)?.length ?? 0;
    if (bytes >= minBytes) break;
  }
  return Buffer.concat(found);
}

async function readLast(objects: ObjectStore, jobName: string, minBytes: number): Promise<Buffer> {
  const found: Buffer[] = [];
  let bytes = 0;
  for (const piece of (await listPieces(objects, jobName)).toReversed()) {
    found.unshift(await readText(objects, piece));
    bytes += found[0]?.length ?? 0;
    if (bytes >= minBytes) break;
  }
  return Buffer.concat(found);
}

/** With the offset in the log of the whole job, over all its pods. */
async function placed(
  objects: ObjectStore,
  pieces: readonly LogPiece[],
): Promise<readonly (LogPiece & { readonly start: number })[]> {
  const bases = new Map<string, number>();
  for (const { folder } of pieces)
    if (!bases.has(folder))
      bases.set(
        folder,
        await lengthOf(
          objects,
          pieces.filter((piece) => piece.folder < folder),
        ),
      );
  return pieces.map((piece) => ({ ...piece, start: (bases.get(piece.folder) ?? 0) + piece.offset }));
}

/** Of the pods of these pieces together; the last piece of each tells. */
async function lengthOf(objects: ObjectStore, pieces: readonly LogPiece[]): Promise<number> {
  const lastOf = new Map(pieces.map((piece) => [piece.folder, piece]));
  let length = 0;
  for (const piece of lastOf.values()) length += piece.offset + (await readText(objects, piece)).length;
  return length;
}

/** In their order, which is that of their names. */
async function listPieces(objects: ObjectStore, jobName: string): Promise<readonly LogPiece[]> {
  const pieces: LogPiece[] = [];
  for await (const { key } of objects.list(`jobs/${jobName}/log/`)) {
    const { folder, offset, continued } = keyPattern.exec(key)?.groups ?? {};
    if (folder !== undefined) pieces.push({ key, folder, offset: Number(offset), isContinued: continued === '+' });
  }
  return pieces;
}

async function readText(objects: ObjectStore, piece: LogPiece): Promise<Buffer> {
  return withoutStamps(await readPiece(objects, piece), piece.isContinued);
}

async function readPiece(objects: ObjectStore, { key }: LogPiece): Promise<Buffer> {
  return Buffer.from(await objects.get(key));
}

/** In the order in which the pods were made. */
function folderOf({ pod, createdMs }: LogSource): string {
  return `${new Date(createdMs).toISOString().replaceAll(/[-:]|\.\d+/gu, '')}-${pod}`;
}
