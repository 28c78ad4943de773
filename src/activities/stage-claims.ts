import type { Digest } from '../contracts/artifact.ts';
import type { Execution } from '../contracts/execution.ts';
import { isSameExecution } from '../contracts/execution.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { WorkflowExecutions } from '../ports/workflow-executions.ts';
import type { ClaimName } from './claim-keys.ts';
import { claimsPrefix, holderKey, parseClaimKey, releasedKey, waitingName, waitingPrefix } from './claim-keys.ts';
import { readJson, writeJson } from './stored-json.ts';

export interface ClaimDependencies {
  readonly objects: ObjectStore;
  readonly executions: Pick<WorkflowExecutions, 'isOpen'>;
}

export interface ClaimRequest {
  readonly stageKey: Digest;
  readonly holder: Execution;
}

export type ClaimAnswer =
  { readonly kind: 'claimed'; readonly claim: ClaimName } | { readonly kind: 'held'; readonly holder: Execution };

/**
 * Takes the claim of a stage key, so that runs which need the same work at the same time do it once, or leaves word that this run
 * waits. A claim is over when it was released or its holder's workflow has ended; then the next generation is for who writes it first.
 * Asked again by its holder, it is the same claim. Two holders at once would cost double work and nothing else: every attempt has an
 * output prefix of its own.
 */
export async function claimStage(dependencies: ClaimDependencies, request: ClaimRequest): Promise<ClaimAnswer> {
  const { stageKey } = request;
  for (;;) {
    const newest = await newestClaim(dependencies.objects, stageKey);
    const holder = newest === null ? null : await holderOf(dependencies, newest);
    if (newest !== null && holder !== null) return answerOf(dependencies.objects, request, { claim: newest, holder });
    const claim = { stageKey, generation: (newest?.generation ?? 0) + 1 };
    if (await writeJson(dependencies.objects, holderKey(claim), request.holder)) return { kind: 'claimed', claim };
  }
}

/** Ends a claim; gives the ids of the runs that waited for it. Idempotent. */
export async function releaseClaim(objects: ObjectStore, claim: ClaimName): Promise<readonly string[]> {
  await writeJson(objects, releasedKey(claim), {});
  const keys = await keysOf(objects, waitingPrefix(claim));
  const runs = await Promise.all(keys.map(async (key) => readJson<Execution>(objects, key)));
  return runs.flatMap((run) => (run === null ? [] : [run.workflowId]));
}

/** The id of the run whose claim this one waited for last; null: it never waited. */
export async function awaitedRun(objects: ObjectStore, { stageKey, holder }: ClaimRequest): Promise<string | null> {
  const keys = await keysOf(objects, claimsPrefix(stageKey));
  const awaited = parseClaimKey(keys.findLast((key) => key.endsWith(`.waiting/${waitingName(holder)}`)) ?? '');
  if (awaited === null) return null;
  return (await readJson<Execution>(objects, holderKey(awaited)))?.workflowId ?? null;
}

interface FoundClaim extends ClaimName {
  readonly isReleased: boolean;
}

async function newestClaim(objects: ObjectStore, stageKey: Digest): Promise<FoundClaim | null> {
  const keys = await keysOf(objects, claimsPrefix(stageKey));
  const newest = keys.map(parseClaimKey).findLast((claim) => claim !== null);
  return newest === undefined || newest === null ? null : { ...newest, isReleased: keys.includes(releasedKey(newest)) };
}

async function keysOf(objects: ObjectStore, prefix: string): Promise<readonly string[]> {
  return Array.fromAsync(objects.list(prefix), ({ key }) => key);
}

/** Null: the claim is over. */
async function holderOf({ objects, executions }: ClaimDependencies, claim: FoundClaim): Promise<Execution | null> {
  if (claim.isReleased) return null;
  const holder = await readJson<Execution>(objects, holderKey(claim));
  return holder !== null && (await executions.isOpen(holder)) ? holder : null;
}

async function answerOf(
  objects: ObjectStore,
  request: ClaimRequest,
  { claim, holder }: { readonly claim: ClaimName; readonly holder: Execution },
): Promise<ClaimAnswer> {
  const { stageKey, generation } = claim;
  if (isSameExecution(holder, request.holder)) return { kind: 'claimed', claim: { stageKey, generation } };
  await writeJson(objects, `${waitingPrefix(claim)}${waitingName(request.holder)}`, request.holder);
  return { kind: 'held', holder };
}
