import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A mistake that could be made, written into the sources on purpose: what the oracle must see. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  /** What stands there, once, and what stands there then. */
  readonly find: string;
  readonly replace: string;
  /** The case of the slice that must see it. */
  readonly seenBy: number;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'drop an undo',
    file: 'src/workflows/release-version.ts',
    find: "saga.beforeStep('unload the candidate', async () => servingUndo.unloadCandidate(fenced()));",
    replace: '',
    seenBy: 2,
  },
  {
    name: 'retry a permanent failure',
    file: 'src/contracts/failures.ts',
    find: "StorageFull: { class: 'resource'",
    replace: "StorageFull: { class: 'transient'",
    seenBy: 4,
  },
  {
    name: 'skip the fencing check',
    file: 'src/adapters/triton/fence.ts',
    find: 'if (token < highest) throw stale(model, token, highest);',
    replace: '',
    seenBy: 0,
  },
  {
    name: 'commit before verify',
    file: 'src/workflows/release-version.ts',
    find: `  const switchMs = await withinTime({ stage: 'deploy', seconds: order.timeouts?.deploy ?? null }, async () => {
    await prove(deployment);
    const tookMs = await switchOver(deployment);
    refuseWhenCancelled();
    return tookMs;
  });
  const committed = await commit(deployment);`,
    replace: `  await prove(deployment);
  const committed = await commit(deployment);
  const switchMs = await switchOver(deployment);`,
    seenBy: 3,
  },
  {
    name: 'forget the adopt',
    file: 'src/activities/job-document.ts',
    find: 'jobName: `${request.stage}-${key}-${attempt}`,',
    replace: 'jobName: `${request.stage}-${key}-${attempt}-${Date.now()}`,',
    seenBy: 1,
  },
];

/** The file with the bug in it. @throws Error when what it is planted into does not stand there exactly once */
export function withBug(text: string, { name, file, find, replace }: PlantedBug): string {
  const parts = text.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(
    `"${name}": ${file} has ${parts.length - 1} times what the bug is planted into; adapt planted-bugs.ts`,
  );
}

export function plant(directory: string, bug: PlantedBug): void {
  const path = join(directory, bug.file);
  writeFileSync(path, withBug(readFileSync(path, 'utf8'), bug));
}
