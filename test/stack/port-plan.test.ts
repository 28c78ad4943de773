import { once } from 'node:events';
import { createServer } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { choosePorts, isPortFree } from '../../src/stack/free-ports.ts';
import { endpointsFromPorts, parsePortPlan, planPorts, portCount, portsOf } from '../../src/stack/port-plan.ts';

const targets = ['production', 'staging'];
const first = planPorts(null, targets, { free: new Set(), fresh: range(1000, portCount(targets)) });

function range(from: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

describe('the port plan', () => {
  it('gives every server ports of its own', () => {
    expect(new Set(portsOf(first)).size).toBe(portCount(targets));
  });

  it('keeps the ports of last time where they are free and replaces a taken one', () => {
    const free = new Set(portsOf(first).filter((port) => port !== first.mlflow));
    const second = planPorts(first, targets, { free, fresh: range(2000, portCount(targets)) });
    expect(second).toEqual({ ...first, mlflow: expect.any(Number) });
    expect(second.mlflow).toBeGreaterThanOrEqual(2000);
  });

  it('gives a new target ports and forgets a removed one', () => {
    const plan = planPorts(first, ['production', 'canary'], {
      free: new Set(portsOf(first)),
      fresh: range(3000, portCount(targets)),
    });
    expect(Object.keys(plan.targets)).toEqual(['production', 'canary']);
    expect(plan.targets['production']).toEqual(first.targets['production']);
  });

  it('gives the codec server and the metrics of workers ports where an older plan has none', () => {
    const { codec: _codec, workers: _workers, ...older } = first;
    const plan = planPorts(older, targets, { free: new Set(portsOf(older)), fresh: range(4000, portCount(targets)) });
    const port = expect.any(Number) as number;
    const workers = { 'pipeline-worker': port, 'jobs-worker': port, 'serving-worker': port };
    expect(plan).toEqual({ ...older, codec: port, workers });
    expect(new Set(portsOf(plan)).size).toBe(portCount(targets));
  });

  it('refuses to give one port twice', () => {
    expect(() => planPorts(null, targets, { free: new Set(), fresh: [1, 2] })).toThrow(/ran out of free ports/);
  });

  it('takes a damaged ports file for none', () => {
    expect(parsePortPlan({ temporal: { grpc: 70_000 } })).toBeNull();
  });

  it('names loopback addresses only', () => {
    const addresses = JSON.stringify(endpointsFromPorts(first)).match(/\d+\.\d+\.\d+\.\d+/g) ?? [];
    expect(new Set(addresses)).toEqual(new Set(['127.0.0.1']));
  });
});

describe('choosing ports', () => {
  let directory: string;
  const file = (): string => join(directory, 'ports.json');

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'windlass-ports-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it('gives the same ports again', async () => {
    const plan = await choosePorts(file(), targets);
    expect(await choosePorts(file(), targets)).toEqual(plan);
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual(plan);
  });

  it('moves away from a port that somebody else took meanwhile', async () => {
    const plan = await choosePorts(file(), targets);
    const squatter = createServer().listen(plan.mlflow, '127.0.0.1');
    await once(squatter, 'listening');
    expect(await isPortFree(plan.mlflow)).toBe(false);
    const next = await choosePorts(file(), targets);
    squatter.close();
    expect(next.mlflow).not.toBe(plan.mlflow);
    expect(next.temporal).toEqual(plan.temporal);
  });

  it('starts afresh where the file was cut off', async () => {
    await writeFile(file(), '{"temporal":{"grpc":12');
    expect(portsOf(await choosePorts(file(), ['only']))).toHaveLength(portCount(['only']));
  });
});
