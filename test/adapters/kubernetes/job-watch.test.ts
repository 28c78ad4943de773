import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobWatch } from '../../../src/adapters/kubernetes/job-watch.ts';
import { createJobWatch } from '../../../src/adapters/kubernetes/job-watch.ts';
import type { WatchTiming } from '../../../src/adapters/kubernetes/watch-timing.ts';
import { freshnessOf, watchTiming } from '../../../src/adapters/kubernetes/watch-timing.ts';
import type { FakeMetrics } from '../../fakes/fake-metrics.ts';
import { createFakeMetrics } from '../../fakes/fake-metrics.ts';
import { at } from './seen-jobs.ts';
import { WatchServer } from './watch-server.ts';

/** As of a real one, a few hundred times as fast. */
const timing: WatchTiming = {
  idleMs: 10_000,
  relistMs: 60_000,
  firstDelayMs: 5,
  longestDelayMs: 40,
  mendingMs: 100,
  heldMs: 20_000,
};
type Fields = Readonly<Record<string, unknown>>;
const waiting = { timeout: 5_000, interval: 5 };
const job = jobOf('w-train', 'job-uid');
let server: WatchServer;
let watch: JobWatch;
let changes: string[];
let metrics: FakeMetrics;

beforeEach(async () => {
  server = await WatchServer.start();
  changes = [];
  metrics = createFakeMetrics();
});
afterEach(async () => {
  await watch.close();
  server.close();
});

function jobOf(name: string, uid: string, labels = {}): Fields {
  return { metadata: { name, uid, creationTimestamp: at(0), labels }, spec: {} };
}

function podOf(name: string, phase = 'Pending'): Fields {
  const labels = { 'batch.kubernetes.io/controller-uid': 'job-uid' };
  return { ...jobOf(name, `uid-of-${name}`, labels), status: { phase } };
}

function noteChange(jobUid: string): void {
  changes.push(jobUid);
}

function breaks(reason: string): number {
  return metrics.counted[`windlass_watch_breaks_total{resource="jobs",reason="${reason}"}`] ?? 0;
}

function lists(): number {
  return metrics.counted['windlass_watch_lists_total{resource="jobs"}'] ?? 0;
}

async function startWatch(faster: Partial<WatchTiming> = {}): Promise<void> {
  watch = createJobWatch({
    server: server.api,
    namespace: 'lab',
    timing: { ...timing, ...faster },
    onChange: noteChange,
    metrics,
  });
  watch.start();
  await vi.waitFor(() => expect(server.openWatches()).toBe(2), waiting);
}

function isKnown(): boolean {
  return watch.find('job-uid').job !== null;
}

async function untilKnown(expected: boolean): Promise<void> {
  await vi.waitFor(() => expect(isKnown()).toBe(expected), waiting);
}

describe('a watch of Jobs', () => {
  it('asks nothing before it is needed, then lists once and hears of every change', async () => {
    watch = createJobWatch({ server: server.api, namespace: 'lab', timing });
    expect(watch.stalenessMs()).toBeNull();
    expect(server.requests).toHaveLength(0);
    server.put('jobs', job);
    await startWatch();
    expect(isKnown()).toBe(true);
    server.put('pods', podOf('w-train-a'));
    server.put('pods', podOf('w-train-a', 'Running'));
    await vi.waitFor(() => expect(watch.find('job-uid').pods[0]?.status.phase).toBe('Running'), waiting);
    server.remove('jobs', job);
    await untilKnown(false);
    expect([server.lists('jobs').length, server.watches('jobs').length, server.connections]).toEqual([1, 1, 4]);
  });

  it('asks for our own Jobs and pods, with bookmarks, from where the list was', async () => {
    await startWatch();
    for (const url of [...server.watches('jobs'), ...server.watches('pods')])
      expect(Object.fromEntries(url.searchParams)).toEqual({
        watch: 'true',
        allowWatchBookmarks: 'true',
        labelSelector: 'app.kubernetes.io/managed-by=windlass,app.kubernetes.io/name=windlass-job',
        resourceVersion: 'v1',
        timeoutSeconds: expect.stringMatching(/^(4[89]|5\d|60)$/) as string,
      });
  });

  it('lists page by page', async () => {
    server.pageSize = 1;
    for (const uid of ['job-uid', 'two', 'three']) server.put('jobs', jobOf(uid, uid));
    await startWatch();
    expect(['job-uid', 'two', 'three'].map((uid) => watch.find(uid).job?.metadata.name)).not.toContain(undefined);
    expect(server.lists('jobs')).toHaveLength(3);
  });

  it('wakes whoever listens when a change is known', async () => {
    const seen: boolean[] = [];
    const onChange = (): void => void seen.push(isKnown());
    watch = createJobWatch({ server: server.api, namespace: 'lab', timing, onChange });
    watch.start();
    await vi.waitFor(() => expect(server.openWatches()).toBe(2), waiting);
    server.put('jobs', job);
    server.remove('jobs', job);
    await vi.waitFor(() => expect(seen).toEqual([true, false]), waiting);
  });

  it('keeps no process alive, and ends when it is closed', async () => {
    const module = fileURLToPath(new URL('../../../src/adapters/kubernetes/job-watch.ts', import.meta.url));
    const script = `
      const { createJobWatch } = await import(${JSON.stringify(module)});
      const server = { url: ${JSON.stringify(server.api.url)}, tls: {}, token: async () => null };
      createJobWatch({ server, namespace: 'lab' }).start();
      await new Promise((resolve) => setTimeout(resolve, 500));`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
    expect(server.watches('jobs')).toHaveLength(1);
    await startWatch();
    await watch.close();
    await vi.waitFor(() => expect(server.openWatches()).toBe(0), waiting);
    expect(Object.keys(metrics.counted).filter((name) => name.includes('breaks') || name.includes('none'))).toEqual([]);
    watch.start();
    expect(server.watches('jobs')).toHaveLength(2);
  });
});

describe('a watch of Jobs that is disturbed', () => {
  it('goes on after a reset from its newest version, and misses nothing', async () => {
    server.put('jobs', job);
    await startWatch();
    const version = server.bookmark();
    await delay(50);
    server.resetWatches();
    server.remove('jobs', job);
    await untilKnown(false);
    expect(server.watches('jobs').at(-1)?.searchParams.get('resourceVersion')).toBe(version);
    expect(server.lists('jobs')).toHaveLength(1);
    expect([lists(), breaks('broken'), breaks('gone')]).toEqual([1, 1, 0]);
  });

  it('goes on where a server ends it in good order', async () => {
    await startWatch();
    server.endWatches();
    server.put('jobs', job);
    await untilKnown(true);
    expect(server.lists('jobs')).toHaveLength(1);
  });

  it('leaves a connection behind that has gone silent', async () => {
    server.isSilent = true;
    await startWatch({ idleMs: 150 });
    server.put('jobs', job);
    server.isSilent = false;
    await untilKnown(true);
    expect(server.watches('jobs').length).toBeGreaterThan(1);
    expect(server.lists('jobs')).toHaveLength(1);
  });

  it('is not silent while bookmarks come', async () => {
    await startWatch({ idleMs: 1_000 });
    for (let count = 0; count < 15; count += 1) {
      await delay(100);
      server.bookmark();
    }
    expect(server.watches('jobs')).toHaveLength(1);
    expect(watch.stalenessMs()).toBeLessThan(1_000);
  });

  it('lists anew when the version is refused as too old', async () => {
    server.put('jobs', job);
    await startWatch();
    server.compact();
    server.removeUnseen('jobs', job);
    server.resetWatches();
    await untilKnown(false);
    expect(server.lists('jobs')).toHaveLength(2);
    expect([lists(), breaks('gone')]).toEqual([2, 1]);
  });

  it.each([
    ['an error that its version is too old', 'gone', '{"type":"ERROR","object":{"code":410,"reason":"Expired"}}\n'],
    ['a line that is broken', 'unreadable', '{"type":"MODIFIED","obj\n'],
    ['an event of which nobody has heard', 'unreadable', '{"type":"MOVED","object":{}}\n'],
  ])('lists anew after %s', async (_what, reason, line) => {
    server.put('jobs', job);
    await startWatch();
    server.removeUnseen('jobs', job);
    server.say(line, 'jobs');
    await untilKnown(false);
    expect(server.lists('jobs')).toHaveLength(2);
    expect([lists(), breaks(reason)]).toEqual([2, 1]);
  });

  it('goes on after any other error', async () => {
    await startWatch();
    server.say('{"type":"ERROR","object":{"code":500,"message":"etcdserver: leader changed"}}\n', 'jobs');
    server.put('jobs', job);
    await untilKnown(true);
    expect(server.lists('jobs')).toHaveLength(1);
  });

  it('takes half a line at the end for nothing', async () => {
    await startWatch();
    server.say('{"type":"DELETED","object":{"meta', 'jobs');
    server.endWatches();
    server.put('jobs', job);
    await untilKnown(true);
    expect(server.lists('jobs')).toHaveLength(1);
  });

  it('lists anew from time to time, and finds what it was never told', async () => {
    server.put('jobs', job);
    await startWatch({ relistMs: 200 });
    server.removeUnseen('jobs', job);
    for (let count = 0; count < 10 && isKnown(); count += 1) {
      await delay(50);
      server.bookmark();
    }
    await untilKnown(false);
    expect(changes).toContain('job-uid');
  });

  it('does not hammer a server that breaks each watch off after it has sent something', async () => {
    await startWatch({ longestDelayMs: 200 });
    const ending = setInterval(() => {
      server.put('jobs', job);
      server.resetWatches();
    }, 1);
    await delay(1_000);
    clearInterval(ending);
    expect(server.watches('jobs').length).toBeLessThan(25);
  });

  it('comes back when a server that refuses everything answers again', async () => {
    await startWatch();
    server.refusal = 503;
    server.resetWatches();
    server.put('jobs', job);
    await vi.waitFor(() => expect(watch.freshness()).toBe('held'), waiting);
    server.refusal = null;
    await untilKnown(true);
    await vi.waitFor(() => expect(watch.freshness()).toBe('fresh'), waiting);
  });

  it('is stale until it has listed for the first time', async () => {
    server.refusal = 403;
    watch = createJobWatch({ server: server.api, namespace: 'lab', timing });
    watch.start();
    await vi.waitFor(() => expect(server.lists('pods').length).toBeGreaterThan(1), waiting);
    expect(watch.freshness()).toBe('stale');
    expect(watch.stalenessMs()).toBeGreaterThan(0);
  });
});

describe('what a watch knows is', () => {
  const heardMs = 1_000_000;
  it.each([
    { is: 'fresh', when: 'its server is heard of', brokenMs: null, afterMs: 89_000 },
    { is: 'held', when: 'it was silent for too long', brokenMs: null, afterMs: 91_000 },
    { is: 'fresh', when: 'a broken connection may still be mended', brokenMs: heardMs, afterMs: 9_000 },
    { is: 'held', when: 'that takes long', brokenMs: heardMs, afterMs: 11_000 },
    { is: 'stale', when: 'two minutes are over', brokenMs: heardMs, afterMs: 121_000 },
  ])('$is when $when', ({ is, brokenMs, afterMs }) => {
    expect(freshnessOf({ heardMs, brokenMs }, watchTiming, heardMs + afterMs)).toBe(is);
  });
});
