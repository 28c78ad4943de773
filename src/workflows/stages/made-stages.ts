import type { ArtifactRef } from '../../contracts/artifact.ts';
import type { StageRecord } from '../../contracts/job.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { JobStageName } from '../../contracts/stage.ts';

/** What decides a stage's result within a run. */
export interface StageWork {
  readonly stage: JobStageName;
  readonly inputs: Readonly<Record<string, ArtifactRef>>;
  readonly parameters: JsonObject;
}

/**
 * What the job stages of a run have made or taken so far. A run whose story is told again, after a damaged artifact was discarded, does
 * not ask again for what still stands: equal work has the same record.
 */
export interface MadeStages {
  find(work: StageWork): StageRecord | null;
  keep(work: StageWork, record: StageRecord): void;
  /** The stage whose artifact is, or holds, what lies at the uri; null: it came from elsewhere. */
  producerOf(uri: string): { readonly stage: JobStageName; readonly record: StageRecord } | null;
  discard(stage: JobStageName): void;
  /** Artifacts that were discarded so far. */
  discardCount(): number;
  /** Whether the stage's artifact was discarded before. */
  wasDiscarded(stage: JobStageName): boolean;
}

interface Made {
  readonly work: string;
  readonly record: StageRecord;
}

export function createMadeStages(): MadeStages {
  const made = new Map<JobStageName, Made>();
  const discarded: JobStageName[] = [];
  return {
    find: (work) => {
      const found = made.get(work.stage);
      return found?.work === identityOf(work) ? found.record : null;
    },
    keep: (work, record) => void made.set(work.stage, { work: identityOf(work), record }),
    producerOf: (uri) => {
      const found = [...made].find(([, { record }]) => isWithin(uri, record.artifact.uri));
      return found === undefined ? null : { stage: found[0], record: found[1].record };
    },
    discard: (stage) => {
      made.delete(stage);
      discarded.push(stage);
    },
    discardCount: () => discarded.length,
    wasDiscarded: (stage) => discarded.includes(stage),
  };
}

/** Inputs by what they are, not by where they lie: a stage that was rebuilt elsewhere with equal bytes changes nothing after it. */
function identityOf({ inputs, parameters }: StageWork): string {
  return JSON.stringify([Object.entries(inputs).map(([name, { digest }]) => [name, digest]), parameters]);
}

function isWithin(uri: string, folder: string): boolean {
  return uri === folder || uri.startsWith(`${folder}/`);
}
