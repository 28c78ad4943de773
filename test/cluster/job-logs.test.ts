import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildJobDocument } from '../../src/activities/job-document.ts';
import { createArtifactStore } from '../../src/adapters/artifacts/artifact-store.ts';
import { createDirectoryStore } from '../../src/adapters/directory/object-store.ts';
import { createLogArchive } from '../../src/adapters/kubernetes/log-archive.ts';
import type { JobDocument, JobRequest } from '../../src/contracts/job.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { jobRequest } from '../fakes/job-requests.ts';
import { openClusterJobs } from './cluster-jobs.ts';
import { closeJobsFolder, openJobsFolder } from './jobs-folder.ts';
import type { KilledWorkerOptions } from './killed-worker.ts';
import { runWorker } from './run-worker.ts';

/** More than one round of all places: `WINDLASS_KILLS=50 npm run test:cluster`. */
const kills = Number(process.env['WINDLASS_KILLS'] ?? 13);
const chatLines = 1600;
let root: string;
let objects: ObjectStore;

beforeAll(async () => {
  root = await openJobsFolder();
  objects = createDirectoryStore(pathToFileURL(path.join(root, 'store')).href);
});
afterAll(() => closeJobsFolder(root));

/** A job that talks for some seconds, and leaves a result that verifies. */
async function prepareJob(number: number, lines: number): Promise<{ request: JobRequest; document: JobDocument }> {
  const stageKey = `sha256:${String(number).padStart(16, '0').padEnd(64, '0')}` as const;
  const unfinished = jobRequest({ stageKey, runId: `killed-${number}` });
  const { output } = buildJobDocument(unfinished, objects.rootUri);
  const made = await makeFiles(number);
  const artifact = await createArtifactStore(objects).publish(made, { ...output, attributes: {} });
  await chmod(fileURLToPath(output.uri), 0o777);
  const result = {
    schema: 'windlass.result/v1',
    status: 'succeeded',
    artifact,
    summary: {},
    metrics: {},
    versions: {},
  };
  const parameters = { chatLines: lines, result: JSON.parse(JSON.stringify(result)) as JsonObject };
  const request = { ...unfinished, parameters };
  return { request, document: buildJobDocument(request, objects.rootUri) };
}

async function makeFiles(number: number): Promise<string> {
  const folder = path.join(root, 'made', String(number));
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'model.txt'), String(number));
  return folder;
}

async function writtenBy(document: JobDocument, name: string): Promise<Buffer> {
  return readFile(path.join(fileURLToPath(document.output.uri), name));
}

async function archivedOf({ jobName }: JobDocument): Promise<Buffer> {
  return createLogArchive(objects).read(jobName, 0, Infinity);
}

/** In the order of a run; a place that the worker comes by often has the number of the time. */
const places = [
  'before POST 1',
  'after POST 1',
  'heartbeat 1',
  'heartbeat 7',
  'before piece 1',
  'after piece 1',
  'before piece 2',
  'after piece 2',
  'before collect 1',
  'before ended.json 1',
  'after ended.json 1',
  'before DELETE 1',
  'after DELETE 1',
];

describe('a job whose worker is killed', () => {
  it(`is one Job with one result and its whole log, ${kills} times`, { timeout: 60_000 + kills * 60_000 }, async () => {
    const killed = new Map<string, number>();
    for (let number = 0; number < kills; number += 1) {
      const place = places[number % places.length] ?? '';
      const { request, document } = await prepareJob(number, chatLines);
      const options = optionsOf(number, request);
      const first = await runWorker({ ...options, killAt: place });
      if (first === 'SIGKILL') killed.set(place, (killed.get(place) ?? 0) + 1);
      expect(await runWorker({ ...options, killAt: null }), place).toBe(0);
      await expectWhole(document, options);
    }
    process.stdout.write(`killed at: ${[...killed].map(([place, times]) => `${place} (${times})`).join(', ')}\n`);
    expect([...killed.values()].reduce((sum, times) => sum + times, 0)).toBe(kills);
  });

  it('has its whole log, however often the one who follows it is killed', async () => {
    const { request, document } = await prepareJob(1000, 6000);
    const options = { ...optionsOf(1000, request), killAt: null };
    let rounds = 0;
    for (; ; rounds += 1) {
      const end = await runWorker(options, 700 + ((rounds * 377) % 1900));
      if (end === 0) break;
    }
    process.stdout.write(`killed ${rounds} times while it followed ${(await archivedOf(document)).length} bytes\n`);
    expect(rounds).toBeGreaterThan(5);
    await expectWhole(document, options);
  });
});

function optionsOf(number: number, request: JobRequest): Omit<KilledWorkerOptions, 'killAt'> {
  const at = (name: string): string => path.join(root, `${name}-${number}.json`);
  return { kubeconfig: inject('kubeconfig'), root, request, stateFile: at('state'), pointsFile: at('points') };
}

async function expectWhole(
  document: JobDocument,
  { stateFile, pointsFile }: Omit<KilledWorkerOptions, 'killAt'>,
): Promise<void> {
  const chat = await writtenBy(document, 'chat.bin');
  expect((await writtenBy(document, 'runs.txt')).toString().trim().split('\n')).toHaveLength(1);
  expect(differenceOf(await archivedOf(document), chat)).toBeNull();
  const { end, outcome } = JSON.parse(await readFile(stateFile, 'utf8')) as Record<string, unknown>;
  expect(end).toEqual({ kind: 'exited', exitCode: 0, logTail: '' });
  expect(outcome).toMatchObject({ kind: 'succeeded', record: { stageKey: document.stageKey } });
  expect(await sentSteps(pointsFile)).toEqual(stepsIn(chat));
  const found: unknown = JSON.parse(Buffer.from(await objects.get(`jobs/${document.jobName}/objects.json`)).toString());
  const ended = { state: { terminated: { exitCode: 0, reason: 'Completed' } } };
  expect(found).toMatchObject({ job: { kind: 'Job' }, pods: [{ status: { containerStatuses: [ended] } }] });
  expect(JSON.stringify(found)).toContain('"reason":"Started"');
  const { api } = await openClusterJobs({ kubeconfig: inject('kubeconfig'), root });
  expect((await api.listJobs()).map(({ metadata }) => metadata.annotations['windlass.dev/job-name'])).not.toContain(
    document.jobName,
  );
}

/** Null: they are the same bytes. */
function differenceOf(found: Buffer, wanted: Buffer): object | null {
  if (found.equals(wanted)) return null;
  const at = found.findIndex((byte, index) => byte !== wanted[index]);
  const around = (bytes: Buffer): string => bytes.toString('latin1', Math.max(0, at - 80), at + 80);
  return { at, sizes: [found.length, wanted.length], found: around(found), wanted: around(wanted) };
}

async function sentSteps(pointsFile: string): Promise<readonly number[]> {
  const points = (await readFile(pointsFile, 'utf8')).trim().split('\n');
  const steps = points.map((point) => (JSON.parse(point) as { readonly step: number }).step);
  return [...new Set(steps)].toSorted((one, other) => one - other);
}

function stepsIn(chat: Buffer): readonly number[] {
  return [...chat.toString().matchAll(/^\{.*"step": (\d+)/gmu)].map(([, step]) => Number(step));
}
