import type { Digest } from '../../contracts/artifact.ts';
import type { StoredObject } from '../../ports/object-store.ts';

/** Objects that are kept or removed together. */
export interface StoredItem {
  /** In the order of their removal: what makes the rest look whole goes first. */
  readonly keys: readonly string[];
  readonly sizeBytes: number;
  /** When the newest of them was written. */
  readonly modifiedMs: number;
}

export interface StoredArtifact extends StoredItem {
  /** Key of the artifact, without trailing slash. */
  readonly prefix: string;
  /** The run whose attempt wrote it, as its prefix names it. */
  readonly runName: string;
}

/** All training checkpoints of a stage key, or those that a run without reuse keeps for itself. */
export interface StoredCheckpoints extends StoredItem {
  /** First digits of the stage key, as prefixes have them. */
  readonly shortKey: string;
  readonly runNames: readonly string[];
}

/** All that a job has beside its artifact. */
export interface StoredJob extends StoredItem {
  readonly runName: string;
}

export interface StoredClaims extends StoredItem {
  readonly stageKey: Digest;
}

const artifactPattern = /^(?<prefix>artifacts\/[^/]+\/[^/]+\/(?<run>[^/]+)-\d+)\/.+$/u;
const checkpointPattern = /^(?<group>checkpoints\/(?<key>[0-9a-f]+)(?:-[^/]+)?)\/[^/]+\/(?<job>[^/]+)\/.+$/u;
const jobPattern = /^(?<group>jobs\/(?<job>[^/]+))\/.+$/u;
const claimPattern = /^(?<group>claims\/(?<key>[0-9a-f]+))\/.+$/u;

export function artifactsOf(objects: readonly StoredObject[]): readonly StoredArtifact[] {
  return groupsOf(objects, artifactPattern, 'prefix').map(({ name, parts, members }) => ({
    ...itemOf(members),
    prefix: name,
    runName: parts[0]?.['run'] ?? '',
  }));
}

export function checkpointsOf(objects: readonly StoredObject[]): readonly StoredCheckpoints[] {
  return groupsOf(objects, checkpointPattern, 'group').map(({ parts, members }) => ({
    ...itemOf(members),
    shortKey: parts[0]?.['key'] ?? '',
    runNames: [...new Set(parts.map(({ job = '' }) => runNameIn(job)))],
  }));
}

export function jobsOf(objects: readonly StoredObject[]): readonly StoredJob[] {
  return groupsOf(objects, jobPattern, 'group').map(({ parts, members }) => ({
    ...itemOf(members),
    runName: runNameIn(parts[0]?.['job'] ?? ''),
  }));
}

export function claimsOf(objects: readonly StoredObject[]): readonly StoredClaims[] {
  return groupsOf(objects, claimPattern, 'group').map(({ parts, members }) => ({
    ...itemOf(members),
    stageKey: `sha256:${parts[0]?.['key'] ?? ''}`,
  }));
}

export function itemOf(members: readonly StoredObject[]): StoredItem {
  return {
    keys: members.map(({ key }) => key).toSorted(manifestsFirst),
    sizeBytes: members.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    modifiedMs: Math.max(...members.map(({ modifiedMs }) => modifiedMs)),
  };
}

interface Group {
  readonly name: string;
  readonly parts: readonly Readonly<Record<string, string>>[];
  readonly members: readonly StoredObject[];
}

/** Objects by a named part of their keys; those whose keys are not of the pattern are somebody else's. */
function groupsOf(objects: readonly StoredObject[], pattern: RegExp, by: string): readonly Group[] {
  const groups = new Map<string, { parts: Record<string, string>[]; members: StoredObject[] }>();
  for (const object of objects) {
    const parts = pattern.exec(object.key)?.groups;
    if (parts === undefined) continue;
    const name = parts[by] ?? '';
    const group = groups.get(name) ?? { parts: [], members: [] };
    group.parts.push(parts);
    group.members.push(object);
    groups.set(name, group);
  }
  return [...groups].map(([name, group]) => ({ name, ...group }));
}

/** `<stage>-<key>-<run>-<attempt>`. */
function runNameIn(jobName: string): string {
  return /^[a-z-]+?-[0-9a-f]{16}-(?<run>.+)-\d+$/u.exec(jobName)?.groups?.['run'] ?? '';
}

/** Nothing that is half removed may look whole. */
function manifestsFirst(one: string, other: string): number {
  return Number(isManifest(other)) - Number(isManifest(one));
}

function isManifest(key: string): boolean {
  return key.endsWith('/manifest.json');
}
