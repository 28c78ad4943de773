import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { createArtifactStore } from '../../src/adapters/artifacts/artifact-store.ts';
import { createDirectoryStore } from '../../src/adapters/directory/object-store.ts';
import type { Artifact, ArtifactKind, ArtifactManifest } from '../../src/contracts/artifact.ts';
import type { ArtifactStore } from '../../src/ports/object-store.ts';

/** The real artifact store in a directory of its own. */
export interface StoreLab {
  readonly artifacts: ArtifactStore;
  /** The file in which the store keeps an object. */
  fileOf(key: string): string;
  publish(key: string, request?: Partial<PublishOrder>): Promise<Artifact>;
  writeJson(key: string, value: unknown): Promise<void>;
  remove(): Promise<void>;
}

interface PublishOrder {
  readonly kind: ArtifactKind;
  readonly attributes: ArtifactManifest['attributes'];
  /** Path → text. */
  readonly files: Readonly<Record<string, string>>;
}

export async function openStoreLab(): Promise<StoreLab> {
  const root = await mkdtemp(join(tmpdir(), 'windlass-activities-'));
  const artifacts = createArtifactStore(createDirectoryStore(pathToFileURL(join(root, 'store')).href));
  return {
    artifacts,
    fileOf: (key) => join(root, 'store', key),
    publish: async (key, { kind = 'engine', attributes = {}, files = { 'model.txt': key } } = {}) => {
      const directory = await mkdtemp(join(root, 'made-'));
      for (const [path, text] of Object.entries(files)) await writeWhole(join(directory, path), text);
      return artifacts.publish(directory, { uri: `${artifacts.objects.rootUri}/${key}`, kind, attributes });
    },
    writeJson: async (key, value) => {
      await artifacts.objects.putIfAbsent(key, new TextEncoder().encode(JSON.stringify(value)));
    },
    remove: async () => rm(root, { recursive: true, force: true }),
  };
}

async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
