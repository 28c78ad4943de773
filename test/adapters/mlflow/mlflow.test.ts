import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createMlflowRegistry } from '../../../src/adapters/mlflow/model-registry.ts';
import { allModelVersions } from '../../../src/adapters/mlflow/model-versions.ts';
import { createMlflowRest, emptyAnswer } from '../../../src/adapters/mlflow/rest.ts';
import type { MlflowRest } from '../../../src/adapters/mlflow/rest.ts';
import { createMlflowTracking } from '../../../src/adapters/mlflow/tracking.ts';
import type {
  AllocateVersion,
  MetricPoint,
  ModelRegistry,
  OpenTrackingRun,
  Tracking,
} from '../../../src/ports/tracking.ts';
import type { MlflowServer } from '../../servers/mlflow.ts';
import { startMlflow } from '../../servers/mlflow.ts';
import { persist } from '../persist.ts';

let server: MlflowServer;
let tracking: Tracking;
let registry: ModelRegistry;
let rest: MlflowRest;

beforeAll(async () => {
  server = await startMlflow();
  tracking = createMlflowTracking({ url: server.url });
  registry = createMlflowRegistry({ url: `${server.url}/` });
  rest = createMlflowRest({ url: server.url });
});
beforeEach(({ onTestFailed }) => {
  onTestFailed(async () => {
    process.stderr.write(`the end of MLflow's log:\n${await server.readLogTail()}\n`);
  });
});
afterAll(() => server?.stop());

describe('MLflow tracking', () => {
  it('finds the run by its tag when it is opened again', async () => {
    const request = newRun();
    const opened = await tracking.openRun(request);
    expect(await tracking.openRun(request)).toEqual(opened);
    expect(await readTags(opened.trackingRunId)).toMatchObject({ 'windlass.run': request.runId, owner: 'ann' });
    expect((await tracking.openRun({ ...request, runId: 'another' })).trackingRunId).not.toBe(opened.trackingRunId);
  });

  it('agrees on one run when callers that race have done', async () => {
    const request = newRun();
    await Promise.all(Array.from({ length: 6 }, () => persist(() => tracking.openRun(request))));
    const first = await tracking.openRun(request);
    expect(await tracking.openRun(request)).toEqual(first);
  });

  it('opens a run of an experiment that somebody deleted', async () => {
    const request = newRun();
    const { url } = await tracking.openRun(request);
    const experimentId = /experiments\/(\d+)\//.exec(url)?.[1];
    await rest({
      method: 'POST',
      path: 'experiments/delete',
      body: { experiment_id: experimentId },
      answer: emptyAnswer,
    });
    expect((await tracking.openRun({ ...request, runId: 'later' })).url).toContain(`/experiments/${experimentId}/`);
  });

  it('links to the page of the run', async () => {
    const { trackingRunId, url } = await tracking.openRun(newRun());
    expect(url).toMatch(new RegExp(`^${server.url}/#/experiments/\\d+/runs/${trackingRunId}$`));
    expect((await fetch(url)).status).toBe(200);
  });

  it('keeps a curve unchanged when its points are sent again', async () => {
    const { trackingRunId } = await tracking.openRun(newRun());
    const points = Array.from({ length: 1203 }, (_, step) => point('train_loss', 5 - step / 1000, step));
    await tracking.logMetrics(trackingRunId, points);
    await tracking.logMetrics(trackingRunId, points);
    const curve = await readCurve(trackingRunId, 'train_loss');
    expect(curve.map((entry) => entry.step)).toEqual(points.map((entry) => entry.step));
    expect(curve.at(-1)?.value).toBe(5 - 1.202);
  });

  it('takes numbers that JSON cannot write', async () => {
    const { trackingRunId } = await tracking.openRun(newRun());
    const values = [NaN, 'NaN', Infinity, '-Infinity', 1.5];
    await tracking.logMetrics(
      trackingRunId,
      values.map((value, step) => point('loss', value, step)),
    );
    const [first, second, third, fourth, last] = (await readCurve(trackingRunId, 'loss')).map((entry) => entry.value);
    expect([first, second, last]).toEqual(['NaN', 'NaN', 1.5]);
    expect(third).toBeGreaterThan(1e308);
    expect(fourth).toBeLessThan(-1e308);
  });

  it('keeps the first value of a parameter and adds the new ones', async () => {
    const { trackingRunId } = await tracking.openRun(newRun());
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`train.option${index}`, `${index}`]));
    await tracking.logParameters(trackingRunId, { ...many, seed: '17', long: 'x'.repeat(7000), empty: '' });
    await tracking.logParameters(trackingRunId, { ...many, seed: '18', added: 'yes' });
    const { params } = await readRun(trackingRunId);
    const found = Object.fromEntries(params.map(({ key, value }) => [key, value]));
    expect(found).toMatchObject({ ...many, seed: '17', added: 'yes', empty: '' });
    expect(found['long']).toHaveLength(6000);
  });

  it('adds parameters that two callers send at once', async () => {
    const { trackingRunId } = await tracking.openRun(newRun());
    await Promise.all(
      ['1', '2', '3'].map((seed) => tracking.logParameters(trackingRunId, { seed, [`of${seed}`]: 'x' })),
    );
    const { params } = await readRun(trackingRunId);
    expect(params.map(({ key }) => key).toSorted()).toEqual(['of1', 'of2', 'of3', 'seed']);
  });

  it('sets tags again and again', async () => {
    const { trackingRunId } = await tracking.openRun(newRun());
    for (const state of ['waiting', 'released'])
      await tracking.setTags(trackingRunId, { state, note: 'y'.repeat(6000) });
    const tags = await readTags(trackingRunId);
    expect(tags['state']).toBe('released');
    expect(tags['note']).toHaveLength(5000);
  });

  it('closes a run, and opens it again when its Windlass run goes on', async () => {
    const request = newRun();
    const { trackingRunId } = await tracking.openRun(request);
    await tracking.closeRun(trackingRunId, 'FAILED');
    await tracking.closeRun(trackingRunId, 'FAILED');
    expect((await readRun(trackingRunId)).status).toBe('FAILED');
    await tracking.openRun(request);
    expect((await readRun(trackingRunId)).status).toBe('RUNNING');
  });

  it('names what is wrong with a run that is not there and with a name that MLflow refuses', async () => {
    await expect(tracking.setTags('no-such-run', { a: 'b' })).rejects.toMatchObject({ failure: 'NotFound' });
    const { trackingRunId } = await tracking.openRun(newRun());
    const refusal = tracking.logParameters(trackingRunId, { 'a*b': 'x' });
    await expect(refusal).rejects.toMatchObject({ failure: 'InvalidConfig', message: expect.stringContaining('a*b') });
  });
});

describe('the MLflow registry', () => {
  it('counts versions up, one for each run', async () => {
    const [first, second] = [await newAllocation(), await newAllocation()];
    const model = first.model;
    expect((await registry.allocateVersion(first)).version).toBe(1);
    expect((await registry.allocateVersion({ ...second, model })).version).toBe(2);
    expect((await registry.allocateVersion(first)).version).toBe(1);
  });

  it('gives one version to callers that race for the same run', async () => {
    const request = await newAllocation();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => persist(() => registry.allocateVersion(request))),
    );
    const versions = new Set(answers.map((answer) => answer.version));
    expect(versions).toEqual(new Set([1]));
    expect((await registry.allocateVersion(request)).version).toBe(1);
  });

  it('gives different versions to runs that race, and never a number twice', async () => {
    const requests = await Promise.all(Array.from({ length: 5 }, () => persist(() => newAllocation())));
    const model = requests[0]?.model ?? '';
    const racing = requests.flatMap((request) => [request, request]).map((request) => ({ ...request, model }));
    const answers = await Promise.all(racing.map((request) => persist(() => registry.allocateVersion(request))));
    expect(new Set(answers.map((answer) => answer.version)).size).toBe(5);
    const highest = Math.max(...answers.map((answer) => answer.version));
    await deleteVersion(model, highest);
    const next = await registry.allocateVersion({ ...(await newAllocation()), model });
    expect(next.version).toBeGreaterThan(highest);
  });

  it('keeps where a version came from, wherever the artifact lies', async () => {
    const request = await newAllocation();
    const inS3 = { ...(await newAllocation()), model: request.model, sourceUri: 's3://models/checkpoint/ab' };
    for (const wanted of [request, inS3]) {
      const { version, url } = await registry.allocateVersion(wanted);
      expect(url).toBe(`${server.url}/#/models/${wanted.model}/versions/${version}`);
      const tags = { 'windlass.run': wanted.runId, 'windlass.source.uri': wanted.sourceUri };
      const found = await registry.findVersion(wanted.model, version);
      expect(found).toEqual({ version, tags: { ...tags, 'windlass.source.digest': wanted.sourceDigest } });
    }
  });

  it('adds lineage tags to a version', async () => {
    const request = await newAllocation();
    const { version } = await registry.allocateVersion(request);
    for (const state of ['built', 'released'])
      await registry.tagVersion(request.model, version, { state, engine: 'sha256:1' });
    const found = await registry.findVersion(request.model, version);
    expect(found?.tags).toMatchObject({ state: 'released', engine: 'sha256:1', 'windlass.run': request.runId });
  });

  it('lists the versions of all models with their tags', async () => {
    const requests = [await newAllocation(), await newAllocation()];
    for (const request of requests) await registry.allocateVersion(request);
    const listed = await Array.fromAsync(registry.listVersions(), ({ tags }) => tags['windlass.run']);
    expect(listed).toEqual(expect.arrayContaining(requests.map(({ runId }) => runId)));
  });

  it('lists versions page by page, to the last', async () => {
    const request = await newAllocation();
    for (const runId of ['one', 'two', 'three']) await registry.allocateVersion({ ...request, runId });
    const listed = await Array.fromAsync(allModelVersions(rest, 2), ({ tags }) => tags.map(({ value }) => value));
    for (const runId of ['one', 'two', 'three']) expect(listed.flat()).toContain(runId);
  });

  it('finds no version of a model or number that is not there', async () => {
    const request = await newAllocation();
    await registry.allocateVersion(request);
    expect(await registry.findVersion(request.model, 99)).toBeNull();
    expect(await registry.findVersion('no-such-model', 1)).toBeNull();
    await expect(registry.setAlias(request.model, 'champion', 99)).rejects.toMatchObject({ failure: 'NotFound' });
  });

  it('moves and removes an alias, however often', async () => {
    const request = await newAllocation();
    const { model } = request;
    await registry.allocateVersion(request);
    await registry.allocateVersion({ ...(await newAllocation()), model });
    for (const version of [1, 2, 2]) await registry.setAlias(model, 'champion', version);
    expect(await readAlias(model)).toBe('2');
    for (let time = 0; time < 2; time += 1) await registry.setAlias(model, 'champion', null);
    await expect(readAlias(model)).rejects.toMatchObject({ details: { status: 400 } });
    await registry.setAlias('no-such-model', 'champion', null);
  });
});

function newRun(): OpenTrackingRun {
  return { model: `glossary-${randomUUID().slice(0, 8)}`, runId: `run-${randomUUID()}`, tags: { owner: 'ann' } };
}

function point(name: string, value: number | string, step: number): MetricPoint {
  return { name, value, step, timeMs: 1_764_000_000_000 + step };
}

const pairs = z.array(z.object({ key: z.string(), value: z.string() })).default([]);

interface RunAnswer {
  readonly status: string;
  readonly params: z.infer<typeof pairs>;
  readonly tags: z.infer<typeof pairs>;
}

async function readRun(trackingRunId: string): Promise<RunAnswer> {
  const data = z.object({ params: pairs, tags: pairs });
  const answer = z.object({ run: z.object({ info: z.object({ status: z.string() }), data }) });
  const { run } = await rest({ method: 'GET', path: 'runs/get', query: { run_id: trackingRunId }, answer });
  return { status: run.info.status, ...run.data };
}

async function readTags(trackingRunId: string): Promise<Record<string, string>> {
  return Object.fromEntries((await readRun(trackingRunId)).tags.map(({ key, value }) => [key, value]));
}

async function readCurve(
  trackingRunId: string,
  name: string,
): Promise<readonly { readonly step: number; readonly value: number | string }[]> {
  const answer = z.object({
    metrics: z.array(z.object({ step: z.number().default(0), value: z.union([z.number(), z.string()]).default(0) })),
  });
  const query = { run_id: trackingRunId, metric_key: name };
  const { metrics } = await rest({ method: 'GET', path: 'metrics/get-history', query, answer });
  return metrics.toSorted((a, b) => a.step - b.step);
}

async function newAllocation(): Promise<AllocateVersion> {
  const request = newRun();
  const { trackingRunId } = await tracking.openRun(request);
  const { model, runId } = request;
  const sourceDigest = `sha256:${'ab'.repeat(32)}` as const;
  return { model, runId, trackingRunId, sourceUri: 'file:///srv/store/checkpoint/with space/1', sourceDigest };
}

async function deleteVersion(name: string, version: number): Promise<void> {
  await rest({
    method: 'DELETE',
    path: 'model-versions/delete',
    body: { name, version: `${version}` },
    answer: emptyAnswer,
  });
}

async function readAlias(name: string): Promise<string> {
  const answer = z.object({ model_version: z.object({ version: z.string() }) });
  const query = { name, alias: 'champion' };
  return (await rest({ method: 'GET', path: 'registered-models/alias', query, answer })).model_version.version;
}
