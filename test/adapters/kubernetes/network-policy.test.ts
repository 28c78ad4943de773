import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { buildJobDocument } from '../../../src/activities/job-document.ts';
import { buildJob } from '../../../src/adapters/kubernetes/job-spec.ts';
import { jobRequest } from '../../fakes/job-requests.ts';
import { testPlatform, testProfile } from './kubernetes-platform.ts';

const deployed = new URL('../../../deploy/kubernetes/jobs-network.yaml', import.meta.url);
const selectorSchema = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z.array(z.object({ key: z.string(), operator: z.literal('Exists') })).default([]),
});
const peersSchema = z.array(z.strictObject({ podSelector: selectorSchema }));
const policySchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    podSelector: selectorSchema,
    ingress: z.array(z.object({ from: peersSchema })).default([]),
    egress: z.array(z.object({ to: peersSchema.optional() })),
  }),
});
type Labels = Readonly<Record<string, string>>;

async function readPolicies(): Promise<readonly z.output<typeof policySchema>[]> {
  const documents = parseAllDocuments(await readFile(deployed, 'utf8'));
  return documents.map((document) => policySchema.parse(document.toJS()));
}

function selects({ matchLabels, matchExpressions }: z.output<typeof selectorSchema>, labels: Labels): boolean {
  const hasLabels = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return hasLabels && matchExpressions.every(({ key }) => labels[key] !== undefined);
}

function labelsOfPods(nodes: number): Labels {
  const platform = { ...testPlatform, stages: { train: { ...testProfile, nodes } } };
  const document = buildJobDocument({ ...jobRequest(), stage: 'train' }, 's3://models');
  return buildJob(document, { platform, documentUri: 's3://models/d.json' }).spec?.template.metadata?.labels ?? {};
}

test.each([1, 2])('the network policy is about the pods of jobs, of %i nodes too', async (nodes) => {
  const [policy] = await readPolicies();
  expect(policy?.spec.ingress).toEqual([]);
  expect(policy !== undefined && selects(policy.spec.podSelector, labelsOfPods(nodes))).toBe(true);
});

test('only pods of jobs of several nodes may reach each other', async () => {
  const [, policy] = await readPolicies();
  const peers = [policy?.spec.ingress[0]?.from, policy?.spec.egress[0]?.to].flat();
  const selectors = [policy?.spec.podSelector, ...peers.map((peer) => peer?.podSelector)];
  expect(selectors).toHaveLength(3);
  const mayTalk = (nodes: number): boolean =>
    selectors.every((one) => one !== undefined && selects(one, labelsOfPods(nodes)));
  expect([1, 2].map(mayTalk)).toEqual([false, true]);
});
