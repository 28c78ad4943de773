import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ArtifactManifest, ArtifactRef, Digest } from '../../contracts/artifact.ts';
import { canonicalJson } from '../../contracts/canonical-json.ts';
import { objectKeyProblem } from '../../contracts/object-key.ts';
import { AdapterError } from '../errors.ts';

/** Files of an artifact that are not part of it: they say what it is. */
export const manifestName = 'manifest.json';
export const resultName = 'result.json';

const manifestShape = z.object({
  schema: z.literal('windlass.artifact/v1'),
  kind: z.enum(['dataset', 'base-model', 'checkpoint', 'weights', 'engine', 'report']),
  attributes: z.record(z.string(), z.unknown()),
  files: z.array(
    z.object({
      path: z.string().refine((path) => objectKeyProblem(path) === null, 'is no relative path'),
      sha256: z.string().regex(/^[0-9a-f]{64}$/u),
      size: z.int().nonnegative(),
    }),
  ),
});

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${sha256Hex(bytes)}`;
}

/** The bytes whose sha256 names the artifact; files are sorted by path, so that their order does not matter. */
export function bytesOfManifest(manifest: ArtifactManifest): Uint8Array {
  const files = manifest.files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  return Buffer.from(canonicalJson({ ...manifest, files }));
}

/** @throws AdapterError `CorruptArtifact` when digest, shape or kind are not those of the reference. */
export function parseManifest(bytes: Uint8Array, ref: ArtifactRef): ArtifactManifest {
  const found = digestOf(bytes);
  if (found !== ref.digest) throw corrupt(ref.uri, `${manifestName} has digest ${found}, expected ${ref.digest}`);
  const parsed = manifestShape.safeParse(jsonOf(bytes, ref));
  if (!parsed.success) throw corrupt(ref.uri, `${manifestName} is malformed: ${z.prettifyError(parsed.error)}`);
  if (parsed.data.kind !== ref.kind) throw corrupt(ref.uri, `it is a ${parsed.data.kind}, expected a ${ref.kind}`);
  return parsed.data;
}

export function corrupt(uri: string, what: string): AdapterError {
  return new AdapterError('CorruptArtifact', `artifact ${uri}: ${what}; restore it, or run its stage again`, {
    system: 'store',
    details: { uri },
  });
}

function jsonOf(bytes: Uint8Array, ref: ArtifactRef): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw corrupt(ref.uri, `${manifestName} is not JSON: ${String(error)}`);
  }
}
