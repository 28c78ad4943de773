import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3Source } from '../../../src/adapters/s3/source-reader.ts';
import { startVersitygw, versitygwProblem } from '../../servers/versitygw.ts';
import type { VersitygwServer } from '../../servers/versitygw.ts';
import { describeSourceReader, specOf } from '../source-reader.contract.ts';
import { s3ClientOf, s3OptionsOf } from '../stores-under-test.ts';

const problem = await versitygwProblem();

describe.skipIf(problem !== null)(`S3 on versitygw${problem === null ? '' : ` (skipped: ${problem})`}`, () => {
  let server: VersitygwServer;
  let client: S3Client;

  beforeAll(async () => {
    server = await startVersitygw();
    client = s3ClientOf(server);
  });

  afterAll(async () => {
    client.destroy();
    await server.stop();
  });

  describeSourceReader('a bucket', async () => {
    await client.send(new CreateBucketCommand({ Bucket: 'plain' }));
    return {
      reader: createS3Source(s3OptionsOf(server)),
      rootUri: 's3://plain/some/data/',
      write: async (path, text) => {
        await client.send(new PutObjectCommand({ Bucket: 'plain', Key: `some/data/${path}`, Body: text }));
      },
    };
  });

  it('pins objects of a versioned bucket by their version', async () => {
    await client.send(new CreateBucketCommand({ Bucket: 'versioned' }));
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await client.send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration }));
    const put = new PutObjectCommand({ Bucket: 'versioned', Key: 'rows.jsonl', Body: 'x' });
    const { VersionId } = await client.send(put);
    const { files } = await createS3Source(s3OptionsOf(server)).pin(specOf('s3://versioned/rows.jsonl'));
    expect(files).toEqual([
      { uri: 's3://versioned/rows.jsonl', size: 1, versionId: VersionId, etag: expect.any(String) },
    ]);
  });

  it('says that the bucket does not exist', async () => {
    const pinned = createS3Source(s3OptionsOf(server)).pin(specOf('s3://no-such-bucket/data/'));
    await expect(pinned).rejects.toMatchObject({
      failure: 'MissingInput',
      message: 'source s3://no-such-bucket/data/: the bucket does not exist',
    });
  });

  it('tells wrong credentials from a missing object', async () => {
    const credentials = { accessKeyId: server.accessKey, secretAccessKey: 'wrong' };
    const reader = createS3Source({ ...s3OptionsOf(server), credentials });
    await expect(reader.pin(specOf('s3://plain/some/data/'))).rejects.toMatchObject({ failure: 'AccessDenied' });
  });
});
