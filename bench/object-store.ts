// Throughput of the object stores beside `cp`, `aws s3 cp` and `s5cmd cp` (where they are on PATH), each move in a process of its own so
// that its peak memory is its own: `node bench/object-store.ts [size in MiB]`.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createDirectoryStore } from '../src/adapters/directory/object-store.ts';
import { createS3Store } from '../src/adapters/s3/object-store.ts';
import { startVersitygw } from '../test/servers/versitygw.ts';

const mebibyte = 1024 * 1024;
const defaultMebibytes = 512;

interface Measurement {
  readonly seconds: number;
  readonly peakMebibytes: number | null;
}

const [mode = '', ...rest] = process.argv.slice(2);
if (mode === 'move') await moveOnce(rest);
else await compare(Number(mode || defaultMebibytes));

/** The measured process: one upload or download. */
async function moveOnce([
  direction = '',
  rootUri = '',
  file = '',
  sha256 = '',
  sizeBytes = '',
]: string[]): Promise<void> {
  const store = rootUri.startsWith('s3:') ? createS3Store(rootUri) : createDirectoryStore(rootUri);
  const startedMs = performance.now();
  if (direction === 'upload') await store.upload(file, 'object');
  else await store.download('object', file, { sha256, sizeBytes: Number(sizeBytes) });
  const measurement: Measurement = {
    seconds: (performance.now() - startedMs) / 1000,
    peakMebibytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  process.stdout.write(JSON.stringify(measurement));
}

async function compare(mebibytes: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'windlass-bench-'));
  const server = await startVersitygw();
  await server.makeBucket('bench');
  Object.assign(process.env, server.environment, { S3_ENDPOINT_URL: server.endpoint });
  try {
    const source = join(folder, 'source');
    await writeSource(source, mebibytes);
    const rows = await measureAll(folder, source, mebibytes);
    process.stdout.write(`${tableOf(rows, mebibytes)}\n`);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAll(
  folder: string,
  source: string,
  mebibytes: number,
): Promise<ReadonlyMap<string, Measurement | null>> {
  const sha256 = await sha256Of(source);
  const target = (name: string): string => join(folder, name);
  const own = (direction: string, root: string, file: string): Measurement =>
    measureOwn([direction, root, file, sha256, String(mebibytes * mebibyte)]);
  const directory = pathToFileURL(join(folder, 'store')).href;
  return new Map([
    ['cp', measureCommand(['cp', source, target('cp')])],
    ['directory upload', own('upload', directory, source)],
    ['directory download, verified', own('download', directory, target('directory'))],
    ['s3 upload', own('upload', 's3://bench/own', source)],
    ['aws s3 cp up', measureCommand(['aws', 's3', 'cp', '--quiet', source, 's3://bench/aws/object'])],
    ['s5cmd cp up', measureCommand(['s5cmd', 'cp', source, 's3://bench/s5cmd/object'])],
    ['s3 download, verified', own('download', 's3://bench/own', target('s3'))],
    ['aws s3 cp down', measureCommand(['aws', 's3', 'cp', '--quiet', 's3://bench/own/object', target('aws')])],
    ['s5cmd cp down', measureCommand(['s5cmd', 'cp', 's3://bench/own/object', target('s5cmd')])],
  ]);
}

function measureOwn(argv: readonly string[]): Measurement {
  const result = spawnSync(process.execPath, [import.meta.filename, 'move', ...argv], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${argv.join(' ')} failed: ${result.stderr}`);
  return JSON.parse(result.stdout) as Measurement;
}

/** Null where the program is missing or fails. */
function measureCommand([command = '', ...argv]: readonly string[]): Measurement | null {
  const startedMs = performance.now();
  const result: SpawnSyncReturns<Buffer> = spawnSync(command, argv, { stdio: 'ignore' });
  if (result.status !== 0) return null;
  return { seconds: (performance.now() - startedMs) / 1000, peakMebibytes: null };
}

async function writeSource(file: string, mebibytes: number): Promise<void> {
  const block = Buffer.alloc(mebibyte);
  async function* blocks(): AsyncGenerator<Buffer> {
    for (let index = 0; index < mebibytes; index += 1) {
      for (let at = 0; at < mebibyte; at += 4) block.writeUInt32LE(Math.imul(at + index + 1, 2_654_435_761) >>> 0, at);
      yield Buffer.from(block);
    }
  }
  await writeFile(file, blocks());
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

function tableOf(rows: ReadonlyMap<string, Measurement | null>, mebibytes: number): string {
  const lines = [...rows].map(([name, row]) => {
    if (row === null) return `| ${name} | not here | | |`;
    const rate = Math.round(mebibytes / row.seconds);
    return `| ${name} | ${row.seconds.toFixed(2)} | ${rate} | ${row.peakMebibytes ?? ''} |`;
  });
  return ['| move | seconds | MiB/s | peak RSS, MiB |', '|---|---|---|---|', ...lines].join('\n');
}
