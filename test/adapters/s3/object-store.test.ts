import { afterAll, beforeAll, describe } from 'vitest';
import { startVersitygw, versitygwProblem } from '../../servers/versitygw.ts';
import type { VersitygwServer } from '../../servers/versitygw.ts';
import { describeObjectStore } from '../object-store.contract.ts';
import { openS3UnderTest } from '../stores-under-test.ts';

const problem = await versitygwProblem();

describe.skipIf(problem !== null)(`S3 on versitygw${problem === null ? '' : ` (skipped: ${problem})`}`, () => {
  let server: VersitygwServer;

  beforeAll(async () => {
    server = await startVersitygw();
  });

  afterAll(async () => server.stop());

  describeObjectStore('a bucket', () => openS3UnderTest(server));
});
