import { type ReadStream, createReadStream } from 'node:fs';
import { crc32 } from 'node:zlib';

const readBytes = 1024 * 1024;

/** Half-open: `from` is in it, `to` is not. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** A stretch of a local file as a stream; never more than a few chunks are in memory. */
export function readRange(file: string, range: ByteRange): ReadStream {
  return createReadStream(file, { start: range.from, end: range.to - 1, highWaterMark: readBytes });
}

/** CRC-32 as S3 writes it: base64 of four big-endian bytes. */
export async function crc32OfRange(file: string, range: ByteRange): Promise<string> {
  let value = 0;
  for await (const chunk of readRange(file, range)) value = crc32(chunk as Uint8Array, value);
  return toBase64(value);
}

export function crc32OfBytes(bytes: Uint8Array): string {
  return toBase64(crc32(bytes));
}

function toBase64(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
}
