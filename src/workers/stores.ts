import { createArtifactStore } from '../adapters/artifacts/artifact-store.ts';
import { createDirectoryStore } from '../adapters/directory/object-store.ts';
import { createDirectorySource } from '../adapters/directory/source-reader.ts';
import { createS3Store } from '../adapters/s3/object-store.ts';
import { createS3Source } from '../adapters/s3/source-reader.ts';
import type { Metrics } from '../ports/metrics.ts';
import { unmeasured } from '../ports/metrics.ts';
import type { ArtifactStore, ObjectStore } from '../ports/object-store.ts';
import type { SourceReader } from '../ports/source-reader.ts';
import { withCountedBytes } from './counted-store.ts';
import type { PortGuard } from './port-guard.ts';
import { unguarded } from './port-guard.ts';

/** The artifact store of a platform: a directory (`file:`) or an S3 bucket (`s3:`), by its root uri. */
export function openArtifactStore(
  rootUri: string,
  guard: PortGuard = unguarded,
  metrics: Metrics = unmeasured,
): ArtifactStore {
  const objects = withCountedBytes(openObjectStore(rootUri), metrics);
  return guard('artifact-store', createArtifactStore(guard('object-store', objects)));
}

function openObjectStore(rootUri: string): ObjectStore {
  return rootUri.startsWith('s3:') ? createS3Store(rootUri) : createDirectoryStore(rootUri);
}

/** Readers of data sources by scheme. */
export function openSources(guard: PortGuard = unguarded): Readonly<Record<string, SourceReader>> {
  return { file: guard('source-reader', createDirectorySource()), s3: guard('source-reader', createS3Source()) };
}
