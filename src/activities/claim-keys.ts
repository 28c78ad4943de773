import type { Digest } from '../contracts/artifact.ts';
import type { Execution } from '../contracts/execution.ts';
import { sha256Digest } from './sha256.ts';

/*
 * The objects of claims. Under `claims/<stage key>/` each claim has a generation: `<generation>.json` names the holder,
 * `<generation>.waiting/<run>` each run that found it taken, `<generation>.released` ends it.
 */

const generationDigits = 8;
const claimPattern = /^claims\/(?<stageKey>[0-9a-f]+)\/(?<generation>\d+)\.(?:json|released|waiting\/[^/]+)$/u;

export interface ClaimName {
  readonly stageKey: Digest;
  /** 1, 2, … */
  readonly generation: number;
}

/** What an object of the claims belongs to; null: it is none. */
export function parseClaimKey(key: string): ClaimName | null {
  const parts = claimPattern.exec(key)?.groups;
  if (parts === undefined) return null;
  return { stageKey: `sha256:${parts['stageKey'] ?? ''}`, generation: Number(parts['generation']) };
}

/** In lexical order, generations come in their own. */
export function claimsPrefix(stageKey: Digest): string {
  return `claims/${stageKey.slice('sha256:'.length)}/`;
}

export function holderKey(claim: ClaimName): string {
  return `${stemOf(claim)}.json`;
}

export function releasedKey(claim: ClaimName): string {
  return `${stemOf(claim)}.released`;
}

export function waitingPrefix(claim: ClaimName): string {
  return `${stemOf(claim)}.waiting/`;
}

/** The name of a waiting run: ids of workflows may hold anything. */
export function waitingName({ workflowId, runId }: Execution): string {
  return sha256Digest(new TextEncoder().encode(`${workflowId}\n${runId}`)).slice(
    'sha256:'.length,
    'sha256:'.length + 16,
  );
}

function stemOf({ stageKey, generation }: ClaimName): string {
  return `${claimsPrefix(stageKey)}${String(generation).padStart(generationDigits, '0')}`;
}
