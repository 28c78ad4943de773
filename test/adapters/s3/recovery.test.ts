import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type Socket, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createS3Store } from '../../../src/adapters/s3/object-store.ts';
import type { S3Options } from '../../../src/adapters/s3/s3-client.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { startVersitygw, versitygwProblem } from '../../servers/versitygw.ts';
import type { VersitygwServer } from '../../servers/versitygw.ts';
import type { StoreUnderTest } from '../stores-under-test.ts';
import { openS3UnderTest, partBytes, s3ClientOf, s3OptionsOf } from '../stores-under-test.ts';

const problem = await versitygwProblem();
interface Sockets {
  readonly client: Socket;
  readonly upstream: Socket;
}

const fileBytes = 4 * partBytes + 777;

describe.skipIf(problem !== null)(`an S3 store${problem === null ? '' : ` (skipped: ${problem})`}`, () => {
  let server: VersitygwServer;
  let test: StoreUnderTest;
  let file: string;
  let bytes: Buffer;

  beforeAll(async () => {
    server = await startVersitygw();
  });

  afterAll(async () => server.stop());

  beforeEach(async () => {
    test = await openS3UnderTest(server);
    bytes = randomBytes(fileBytes);
    file = join(test.scratch, 'file');
    await writeFile(file, bytes);
  });

  afterEach(async () => test.remove());

  /** What a killed writer leaves: an upload with some parts. */
  async function leaveUpload(parts: readonly Buffer[], algorithm: 'CRC32' | 'SHA256' = 'CRC32'): Promise<void> {
    const client = s3ClientOf(server);
    const bucket = test.store.rootUri.split('/')[2];
    const address = { Bucket: bucket, Key: 'some/root/left' };
    const create = new CreateMultipartUploadCommand({ ...address, ChecksumAlgorithm: algorithm });
    const { UploadId } = await client.send(create);
    for (const [index, Body] of parts.entries()) {
      const part = { ...address, UploadId, PartNumber: index + 1, Body, ChecksumAlgorithm: algorithm };
      await client.send(new UploadPartCommand(part));
    }
    client.destroy();
  }

  async function uploadCounted(store: ObjectStore = test.store): Promise<number> {
    let sentBytes = 0;
    await store.upload(file, 'left', { onBytes: (count) => (sentBytes += count) });
    expect(Buffer.from(await store.get('left')).equals(bytes)).toBe(true);
    return sentBytes;
  }

  function partOf(number: number): Buffer {
    return bytes.subarray((number - 1) * partBytes, number * partBytes);
  }

  it('sends only the parts that a killed upload had not sent', async () => {
    await leaveUpload([partOf(1), partOf(2), partOf(3)]);
    expect(await uploadCounted()).toBe(fileBytes - 3 * partBytes);
    expect(await test.leftovers()).toEqual([]);
  });

  it('leaves an upload alone that another program began', async () => {
    await leaveUpload([partOf(1)], 'SHA256');
    expect(await uploadCounted()).toBe(fileBytes);
    expect(await test.leftovers()).toEqual(['some/root/left']);
  });

  it('leaves an upload alone that is cut in another way', async () => {
    await leaveUpload([bytes.subarray(0, partBytes + 1)]);
    expect(await uploadCounted()).toBe(fileBytes);
    expect(await test.leftovers()).toEqual(['some/root/left']);
  });

  it('sends a part again whose bytes are not those of the file', async () => {
    await leaveUpload([partOf(1), randomBytes(partBytes)]);
    expect(await uploadCounted()).toBe(fileBytes - partBytes);
  });

  it('asks for a download range again from where its connection broke', async () => {
    await test.store.upload(file, 'left');
    const flaky = await openFlakyStore(3, 2 * 1024 * 1024);
    const target = join(test.scratch, 'target');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    let receivedBytes = 0;
    const onBytes = (count: number): void => void (receivedBytes += count);
    await flaky.download('left', target, { sha256, sizeBytes: fileBytes, onBytes });
    expect((await readFile(target)).equals(bytes)).toBe(true);
    expect(receivedBytes).toBe(fileBytes);
  });

  it('sends a part again whose connection broke', async () => {
    expect(await uploadCounted(await openFlakyStore(3, 2 * 1024 * 1024))).toBe(fileBytes);
  });

  it('begins anew when the server fails to commit', async () => {
    const store = await openProxiedStore(createCommitFailures(2), { maxAttempts: 1 });
    expect(await uploadCounted(store)).toBe(3 * fileBytes);
    expect(await test.leftovers()).toEqual([]);
  });

  it('says so when the server never commits, and leaves no parts', async () => {
    const store = await openProxiedStore(createCommitFailures(Infinity), { maxAttempts: 1 });
    await expect(store.upload(file, 'left')).rejects.toMatchObject({ failure: 'Unavailable' });
    expect(await test.leftovers()).toEqual([]);
  });

  it('says that the server cannot be reached', async () => {
    const store = createS3Store(test.store.rootUri, {
      ...s3OptionsOf(server),
      endpoint: 'http://127.0.0.1:1',
      maxAttempts: 2,
    });
    await expect(store.get('left')).rejects.toMatchObject({
      failure: 'Unavailable',
      message: expect.stringContaining('check AWS_ENDPOINT_URL'),
    });
  });

  it('says that the credentials are wrong', async () => {
    const credentials = { accessKeyId: server.accessKey, secretAccessKey: 'wrong' };
    const store = createS3Store(test.store.rootUri, { ...s3OptionsOf(server), credentials });
    await expect(store.get('left')).rejects.toMatchObject({ failure: 'AccessDenied' });
    await expect(store.putIfAbsent('left', Buffer.from('x'))).rejects.toMatchObject({ failure: 'AccessDenied' });
    await expect(store.upload(file, 'left')).rejects.toMatchObject({ failure: 'AccessDenied' });
  });

  it('says that the bucket does not exist', async () => {
    const store = createS3Store('s3://no-such-bucket/x', s3OptionsOf(server));
    await expect(store.putIfAbsent('left', Buffer.from('x'))).rejects.toMatchObject({
      failure: 'NotFound',
      message: expect.stringContaining('the bucket does not exist; create it or correct the uri'),
    });
  });

  it.each(['s3://', 's3://UPPER/x', 'https://bucket/x', 's3:/bucket'])('refuses %s as its root', (uri) => {
    expect(() => createS3Store(uri)).toThrow(/is not like s3:\/\/bucket\/prefix/u);
  });

  /** The server behind a proxy that cuts the first connections after some bytes, whichever way they go. */
  async function openFlakyStore(cuts: number, cutAfterBytes: number): Promise<ObjectStore> {
    let left = cuts;
    return openProxiedStore(({ client, upstream }) => {
      let movedBytes = 0;
      const count = (chunk: Buffer): void => {
        movedBytes += chunk.length;
        if (left <= 0 || movedBytes < cutAfterBytes) return;
        left -= 1;
        movedBytes = 0;
        client.destroy();
        upstream.destroy();
      };
      client.on('data', count);
      upstream.on('data', count);
    });
  }

  async function openProxiedStore(interfere: (sockets: Sockets) => void, options?: S3Options): Promise<ObjectStore> {
    const proxy = createServer();
    proxy.on('connection', (client: Socket) => {
      const upstream = connect(Number(new URL(server.endpoint).port), '127.0.0.1');
      interfere({ client, upstream });
      client.on('error', () => upstream.destroy());
      upstream.on('error', () => client.destroy());
      client.pipe(upstream).pipe(client);
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void proxy.close());
    const address = proxy.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const endpoint = `http://127.0.0.1:${port}`;
    return createS3Store(test.store.rootUri, { ...s3OptionsOf(server), ...options, endpoint });
  }
});

/** Answers the first requests that commit an upload with an internal error. */
function createCommitFailures(failures: number): (sockets: Sockets) => void {
  let left = failures;
  return ({ client, upstream }) => {
    client.on('data', (chunk: Buffer) => {
      if (left <= 0 || !/^POST \S+uploadId=/u.test(chunk.toString('latin1'))) return;
      left -= 1;
      upstream.destroy();
      client.end('HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    });
  };
}
