import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { readDeploymentVersion, versioningOptions } from '../../src/workers/deployment-version.ts';

const folder = mkdtempSync(join(tmpdir(), 'windlass-version-'));
const bundle = join(folder, 'workflow-bundle.js');
writeFileSync(bundle, 'the code');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the version of a worker', () => {
  test('is none unless a deployment is named', () => {
    expect(readDeploymentVersion({ WINDLASS_BUILD_ID: '7' }, bundle)).toBeNull();
    expect(versioningOptions(null)).toEqual({});
  });

  test('is the digest of the workflow bundle, and its runs stay on it', () => {
    const version = readDeploymentVersion({ WINDLASS_DEPLOYMENT: 'windlass' }, bundle);
    expect(version).toEqual({
      deploymentName: 'windlass',
      buildId: expect.stringMatching(/^[0-9a-f]{12}$/u),
      runs: 'PINNED',
    });
    writeFileSync(bundle, 'other code');
    expect(readDeploymentVersion({ WINDLASS_DEPLOYMENT: 'windlass' }, bundle)?.buildId).not.toBe(version?.buildId);
  });

  test('may be named, by Temporal’s worker controller too', () => {
    expect(
      readDeploymentVersion(
        { WINDLASS_DEPLOYMENT: 'windlass', WINDLASS_BUILD_ID: '1.4.0', WINDLASS_RUNS: 'auto-upgrade' },
        bundle,
      ),
    ).toEqual({ deploymentName: 'windlass', buildId: '1.4.0', runs: 'AUTO_UPGRADE' });
    expect(
      readDeploymentVersion({ TEMPORAL_DEPLOYMENT_NAME: 'gpu', TEMPORAL_WORKER_BUILD_ID: 'abc' }, bundle),
    ).toMatchObject({ deploymentName: 'gpu', buildId: 'abc' });
  });

  test.each([
    [
      { WINDLASS_DEPLOYMENT: 'a b' },
      'WINDLASS_DEPLOYMENT: found "a b"; expected at most 63 letters, digits, ".", "_", "-"',
    ],
    [{ WINDLASS_DEPLOYMENT: 'a', WINDLASS_BUILD_ID: '' }, 'WINDLASS_BUILD_ID: found ""; expected'],
    [
      { WINDLASS_DEPLOYMENT: 'a', WINDLASS_RUNS: 'PINNED' },
      'WINDLASS_RUNS: found "PINNED"; expected "pinned" or "auto-upgrade"',
    ],
  ])('is refused where %j is wrong', (environment, message) => {
    expect(() => readDeploymentVersion(environment, bundle)).toThrow(message);
  });

  test('asks for a build where there is no bundle and no build id', () => {
    expect(() => readDeploymentVersion({ WINDLASS_DEPLOYMENT: 'a' }, join(folder, 'none'))).toThrow(/npm run build/u);
  });
});
