import { createArtifactStore } from '../adapters/artifacts/artifact-store.ts';
import { createDirectoryStore } from '../adapters/directory/object-store.ts';
import { createDirectorySource } from '../adapters/directory/source-reader.ts';
import { createS3Store } from '../adapters/s3/object-store.ts';
import { createS3Source } from '../adapters/s3/source-reader.ts';
import type { ArtifactStore, ObjectStore } from '../ports/object-store.ts';
import type { SourceReader } from '../ports/source-reader.ts';

/** The artifact store of a platform: a directory (`file:`) or an S3 bucket (`s3:`), by its root uri. */
export function openArtifactStore(rootUri: string): ArtifactStore {
  return createArtifactStore(openObjectStore(rootUri));
}

function openObjectStore(rootUri: string): ObjectStore {
  return rootUri.startsWith('s3:') ? createS3Store(rootUri) : createDirectoryStore(rootUri);
}

/** Readers of data sources by scheme. */
export function openSources(): Readonly<Record<string, SourceReader>> {
  return { file: createDirectorySource(), s3: createS3Source() };
}
