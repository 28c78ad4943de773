import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../', import.meta.url));
let planted: string;

beforeAll(() => {
  planted = mkdtempSync(join(tmpdir(), 'windlass-layers-'));
  const config = readFileSync(join(repository, '.oxlintrc.json'), 'utf8').replace(
    '"typeAware": true',
    '"typeAware": false',
  );
  writeFileSync(join(planted, '.oxlintrc.json'), config);
});
afterAll(() => rmSync(planted, { recursive: true, force: true }));

function lint(file: string, source: string): string {
  const path = join(planted, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, source);
  const { stdout } = spawnSync(
    join(repository, 'node_modules/.bin/oxlint'),
    ['-f', 'unix', '-A', 'all', '-D', 'no-restricted-imports', file],
    {
      cwd: planted,
      encoding: 'utf8',
    },
  );
  rmSync(path);
  return stdout;
}

const violations = [
  ['src/contracts/a.ts', "import { z } from 'zod';"],
  ['src/contracts/a.ts', "import { readFile } from 'node:fs';"],
  ['src/contracts/a.ts', "import { port } from '../ports/job-runner.ts';"],
  ['src/ports/a.ts', "import { x } from '../adapters/errors.ts';"],
  ['src/ports/a.ts', "import { x } from '@aws-sdk/client-s3';"],
  ['src/protocols/triton/a.ts', "import { x } from '../../adapters/errors.ts';"],
  ['src/protocols/triton/a.ts', "import { Client } from '@temporalio/common';"],
  ['src/protocols/temporal/a.ts', "import { Client } from '@temporalio/client';"],
  ['src/workflows/a.ts', "import { createHash } from 'node:crypto';"],
  ['src/workflows/a.ts', "import { z } from 'zod';"],
  ['src/workflows/a.ts', "import { createRunActivities } from '../activities/run-activities.ts';"],
  ['src/workflows/stages/a.ts', "import { AdapterError } from '../../adapters/errors.ts';"],
  ['src/workflows/a.ts', "import { Client } from '@temporalio/client';"],
  ['src/activities/a.ts', "import { createS3Store } from '../adapters/s3/object-store.ts';"],
  ['src/activities/a.ts', "import { Client } from '@temporalio/client';"],
  ['src/activities/a.ts', "import { openControl } from '../protocols/triton/control.ts';"],
  ['src/adapters/s3/a.ts', "import { heartbeat } from '@temporalio/activity';"],
  ['src/adapters/s3/a.ts', "import { createDirectoryStore } from '../directory/object-store.ts';"],
  ['src/adapters/s3/a.ts', "import { buildJob } from '../kubernetes/job-spec.ts';"],
  ['src/client/a.ts', "import { createDirectoryStore } from '../adapters/directory/object-store.ts';"],
  ['src/client/a.ts', "import { llmPipeline } from '../workflows/llm-pipeline.ts';"],
  ['src/workers/a.ts', "import { WindlassClient } from '../client/windlass-client.ts';"],
] as const;

const allowed = [
  ['src/contracts/a.ts', "import type { Digest } from './artifact.ts';"],
  ['src/workflows/a.ts', "import type { RunActivities } from '../activities/run-activities.ts';"],
  ['src/workflows/stages/a.ts', "import { proxyActivities } from '@temporalio/workflow';"],
  ['src/activities/a.ts', "import { AdapterError } from '../adapters/errors.ts';"],
  ['src/adapters/triton/a.ts', "import { openControl } from '../../protocols/triton/control.ts';"],
  ['src/protocols/temporal/a.ts', "import type { PayloadCodec } from '@temporalio/common';"],
  ['src/client/a.ts', "import type { llmPipeline } from '../workflows/llm-pipeline.ts';"],
] as const;

describe('layers', () => {
  test.each(violations)('%s must not hold: %s', (file, source) => {
    expect(lint(file, source)).toContain('no-restricted-imports');
  });

  test.each(allowed)('%s may hold: %s', (file, source) => {
    expect(lint(file, source)).not.toContain('no-restricted-imports');
  });
});
