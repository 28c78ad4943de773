import type { JobHandle } from '../contracts/job.ts';
import type { JobRunner } from '../ports/job-runner.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { partsOfJobName } from './job-document.ts';

type UnfinishedWrites = Pick<ObjectStore, 'rootUri' | 'listUnfinished' | 'removeUnfinished'>;

/** A runner whose removed jobs leave nothing half written in the store: killed while it writes, a job cannot clear it itself. */
export function withoutLeftovers<Runner extends Pick<JobRunner, 'remove'>>(
  runner: Runner,
  objects: UnfinishedWrites,
): Runner {
  return {
    ...runner,
    remove: async (handle) => {
      await runner.remove(handle);
      await removeLeftovers(objects, handle);
    },
  };
}

/** A job writes below its output, a training also into folders of its name among the checkpoints of all. */
async function removeLeftovers(objects: UnfinishedWrites, { name, outputUri }: JobHandle): Promise<void> {
  const output = `${outputUri.slice(objects.rootUri.length + 1)}/`;
  for await (const { id } of objects.listUnfinished(output)) await objects.removeUnfinished(id);
  if (partsOfJobName(name).stage !== 'train') return;
  for await (const { id, key } of objects.listUnfinished('checkpoints/')) {
    if (key.includes(`/${name}/`)) await objects.removeUnfinished(id);
  }
}
