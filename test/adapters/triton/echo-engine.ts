import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createArtifactStore } from '../../../src/adapters/artifacts/artifact-store.ts';
import { createDirectoryStore } from '../../../src/adapters/directory/object-store.ts';
import type { Artifact } from '../../../src/contracts/artifact.ts';
import type { ArtifactStore } from '../../../src/ports/object-store.ts';

/** How an echo model behaves; read by `test/fixtures/triton/echo/model.py`. */
export interface EchoBehaviour {
  /** Makes engines differ that behave alike. */
  readonly name?: string;
  /** A line is appended each time a version is initialised. */
  readonly initializeLog?: string;
  readonly loadSeconds?: number;
  /** Raised while loading. */
  readonly failure?: string;
  /** Said instead of the prompt; `!error` makes each request fail. */
  readonly answer?: string;
  readonly tokenSeconds?: number;
  readonly logProb?: number;
}

export interface EngineShelf {
  readonly artifacts: ArtifactStore;
  readonly directory: string;
  build(behaviour: EchoBehaviour): Promise<Artifact>;
  remove(): Promise<void>;
}

const model = join(import.meta.dirname, '../../fixtures/triton/echo/model.py');

/** A directory store for engines of the echo model. */
export async function openShelf(): Promise<EngineShelf> {
  const directory = await mkdtemp(join(tmpdir(), 'windlass-engines-'));
  const rootUri = pathToFileURL(join(directory, 'store')).href;
  const artifacts = createArtifactStore(createDirectoryStore(rootUri));
  let built = 0;
  return {
    artifacts,
    directory,
    build: async (behaviour) => {
      built += 1;
      const folder = join(directory, `engine-${built}`);
      await cp(model, join(folder, 'model.py'));
      await writeFile(join(folder, 'behaviour.json'), JSON.stringify(behaviour));
      return artifacts.publish(folder, { uri: `${rootUri}/artifacts/engine/${built}`, kind: 'engine', attributes: {} });
    },
    remove: async () => rm(directory, { recursive: true, force: true }),
  };
}
