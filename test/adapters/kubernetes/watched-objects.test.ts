import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { WatchEvent } from '../../../src/adapters/kubernetes/watch-event.ts';
import { parseWatchEvent } from '../../../src/adapters/kubernetes/watch-event.ts';
import type { WatchedObjects } from '../../../src/adapters/kubernetes/watched-objects.ts';
import { afterEvent } from '../../../src/adapters/kubernetes/watched-objects.ts';

const schema = z.object({ metadata: z.object({ uid: z.string() }), job: z.string(), phase: z.string() });
type Pod = z.infer<typeof schema>;

const nothing: WatchedObjects<Pod> = { byJob: new Map(), resourceVersion: null };

function pod(uid: string, job: string, phase = 'Pending'): Pod {
  return { metadata: { uid }, job, phase };
}

function after(...events: readonly WatchEvent<Pod>[]): WatchedObjects<Pod> {
  return events.reduce((objects, event) => afterEvent(objects, event, ({ job }) => job), nothing);
}

function line(type: string, object: unknown): string {
  return JSON.stringify({ type, object });
}

function listed(...items: readonly Pod[]): WatchEvent<Pod> {
  return { kind: 'listed', items, resourceVersion: '10' };
}

describe('what a watch knows', () => {
  it('is what was listed, by Job', () => {
    const { byJob, resourceVersion } = after(listed(pod('a', 'one'), pod('b', 'one'), pod('c', 'two')));
    expect(byJob.get('one')?.map(({ metadata }) => metadata.uid)).toEqual(['a', 'b']);
    expect(byJob.get('two')).toHaveLength(1);
    expect(resourceVersion).toBe('10');
  });

  it('has what is new, and what has changed in its newest state', () => {
    const { byJob, resourceVersion } = after(
      listed(pod('a', 'one')),
      { kind: 'changed', item: pod('a', 'one', 'Running'), resourceVersion: '9' },
      { kind: 'changed', item: pod('b', 'one'), resourceVersion: 'opaque' },
    );
    expect(byJob.get('one')).toEqual([pod('a', 'one', 'Running'), pod('b', 'one')]);
    expect(resourceVersion).toBe('opaque');
  });

  it('has not what was deleted, nor a Job that has nothing left', () => {
    const { byJob } = after(
      listed(pod('a', 'one'), pod('b', 'one'), pod('c', 'two')),
      { kind: 'deleted', item: pod('a', 'one', 'Failed'), resourceVersion: '11' },
      { kind: 'deleted', item: pod('c', 'two', 'Failed'), resourceVersion: '12' },
      { kind: 'deleted', item: pod('never-seen', 'three'), resourceVersion: '13' },
    );
    expect([...byJob]).toEqual([['one', [pod('b', 'one')]]]);
  });

  it('is the same when events come twice', () => {
    const once: readonly WatchEvent<Pod>[] = [
      { kind: 'changed', item: pod('a', 'one', 'Running'), resourceVersion: '11' },
      { kind: 'deleted', item: pod('b', 'one'), resourceVersion: '12' },
    ];
    expect(after(listed(pod('b', 'one')), ...once, ...once)).toEqual(after(listed(pod('b', 'one')), ...once));
  });

  it('moves on with a bookmark, and keeps all it has', () => {
    const { byJob, resourceVersion } = after(listed(pod('a', 'one')), { kind: 'bookmark', resourceVersion: '99' });
    expect(byJob.size).toBe(1);
    expect(resourceVersion).toBe('99');
  });

  it('is replaced as a whole by a list', () => {
    const { byJob } = after(listed(pod('a', 'one')), listed(pod('c', 'two')));
    expect([...byJob.keys()]).toEqual(['two']);
  });
});

describe('a line of a watch', () => {
  const metadata = { uid: 'a', resourceVersion: '7' };

  it.each([
    ['ADDED', 'changed'],
    ['MODIFIED', 'changed'],
    ['DELETED', 'deleted'],
  ])('%s is an object that is %s', (type, kind) => {
    const event = parseWatchEvent(line(type, { metadata, job: 'one', phase: 'Running', spec: {} }), schema);
    expect(event).toEqual({ kind, item: pod('a', 'one', 'Running'), resourceVersion: '7' });
  });

  it('BOOKMARK has a version and no object', () => {
    const bookmark = line('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: '8' }, status: {} });
    expect(parseWatchEvent(bookmark, schema)).toEqual({ kind: 'bookmark', resourceVersion: '8' });
  });

  it('ERROR is a failure with its status', () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (9)' };
    expect(() => parseWatchEvent(line('ERROR', status), schema)).toThrow(/410 Expired: too old/);
  });

  it.each(['', '{"type":"ADDED","obj', line('MOVED', { metadata }), line('ADDED', { metadata: { uid: 'a' } })])(
    'that cannot be read is not passed over: %s',
    (unreadable) => expect(() => parseWatchEvent(unreadable, schema)).toThrow(),
  );
});
