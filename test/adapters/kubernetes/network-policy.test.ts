import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { buildJobDocument } from '../../../src/activities/job-document.ts';
import { buildJob } from '../../../src/adapters/kubernetes/job-spec.ts';
import { jobRequest } from '../../fakes/job-requests.ts';
import { testPlatform } from './kubernetes-platform.ts';

const deployed = new URL('../../../deploy/kubernetes/jobs-network.yaml', import.meta.url);
const policySchema = z.object({
  spec: z.object({ podSelector: z.object({ matchLabels: z.record(z.string(), z.string()) }) }),
});

test('the network policy is about the pods of jobs', async () => {
  const { spec } = policySchema.parse(parse(await readFile(deployed, 'utf8')));
  const options = { platform: testPlatform, documentUri: 's3://models/jobs/document.json' };
  const job = buildJob(buildJobDocument(jobRequest(), 's3://models'), options);
  expect(job.spec?.template.metadata?.labels).toMatchObject(spec.podSelector.matchLabels);
});
