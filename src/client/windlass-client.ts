import type { WorkflowHandle } from '@temporalio/client';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { defineSearchAttributeKey } from '@temporalio/common';

import type { Decision } from '../contracts/approval.ts';
import type { ArtifactRef } from '../contracts/artifact.ts';
import type { CollectGarbageInput, GarbageReport } from '../contracts/garbage.ts';
import type { JobsReport, ReapJobsInput } from '../contracts/job-inventory.ts';
import { messages, searchAttributes, targetWorkflowId, taskQueues, workflowTypes } from '../contracts/names.ts';
import type { ForkInput } from '../contracts/fork.ts';
import type { RepairOrder, RepairRecord } from '../contracts/repair.ts';
import type { RunInput } from '../contracts/run-spec.ts';
import type { RunResult, RunStatus } from '../contracts/run-status.ts';
import { isEnded } from '../contracts/run-status.ts';
import type { DeployOutcome, Freeze, TargetModel, TargetView } from '../contracts/serving.ts';
import { queryAgain } from '../protocols/temporal/query-again.ts';
import type { llmPipeline } from '../workflows/llm-pipeline.ts';
import { awaitRun } from './await-run.ts';
import { dataConverterOf } from './client-data-converter.ts';
import { withForcedEnd } from './forced-end.ts';
import { jobProgressOf, withProgress } from './job-progress.ts';
import { patiently, pause } from './outage.ts';
import type { DeployRequest, ForkRequest, ImportRequest, RetryRequest, RollbackRequest } from './requests.ts';
import { newRunId } from './run-id.ts';
import { currentUser, modelOf, summaryOf, withRequester } from './run-request.ts';
import type { AddressLookup } from './stack-home.ts';
import { findServer } from './stack-home.ts';
import { toWindlassError, WindlassError } from './windlass-error.ts';
import type { WorkflowCall } from './workflow-calls.ts';
import { collectionCall, deployCall, importCall, reapCall, rollbackCall } from './workflow-calls.ts';

export type { Decision } from '../contracts/approval.ts';
export type { Artifact, ArtifactRef } from '../contracts/artifact.ts';
export type { CollectGarbageInput, GarbageReport } from '../contracts/garbage.ts';
export type { FailureName } from '../contracts/failures.ts';
export type { ForkInput } from '../contracts/fork.ts';
export type { JobRow, JobsReport, ReapJobsInput, RemovedJob } from '../contracts/job-inventory.ts';
export type { RepairOrder, RepairRecord } from '../contracts/repair.ts';
export type { RunInput } from '../contracts/run-spec.ts';
export type { RunResult, RunStatus, StageStatus } from '../contracts/run-status.ts';
export type { DeployOutcome, Release, TargetModel, TargetView } from '../contracts/serving.ts';
export type { DeployRequest, ForkRequest, ImportRequest, RetryRequest, RollbackRequest } from './requests.ts';
export type { InputIssue, WindlassFailureName } from './windlass-error.ts';
export { WindlassError } from './windlass-error.ts';

export type ConnectOptions = Pick<AddressLookup, 'address' | 'namespace' | 'home'>;

export interface StartOptions {
  /** Default: model, time and four random digits. A known id is refused with `Conflict`. */
  readonly runId?: string;
}

const callTimeoutMs = 15_000;
const acceptTimeoutMs = 120_000;
const connectTimeoutMs = 5_000;
const followIntervalMs = 500;
const modelKey = defineSearchAttributeKey(searchAttributes.model, 'KEYWORD');

/**
 * Starts, follows and decides runs. Safe to share; close it when done. Every method throws {@link WindlassError} only.
 * @example
 * const windlass = await WindlassClient.connect();
 * const { runId } = await windlass.start({ model: 'glossary', preset: 'quickstart' });
 * const { version } = await windlass.wait(runId);
 */
export class WindlassClient {
  readonly #connection: Connection;
  readonly #client: Client;

  private constructor(connection: Connection, namespace: string, dataConverter: DataConverter) {
    this.#connection = connection;
    const interceptors = { workflow: [queryAgain(() => this.#client)] };
    this.#client = new Client({ connection, namespace, dataConverter, interceptors });
  }

  /**
   * Address: option, then `TEMPORAL_ADDRESS`, then the embedded stack that `home`, `WINDLASS_HOME` or the nearest
   * `.windlass` names. Where payloads are encrypted it needs the keys: `WINDLASS_PAYLOAD_KEYS_FILE` or `WINDLASS_PAYLOAD_KEYS`.
   */
  static async connect(options: ConnectOptions = {}): Promise<WindlassClient> {
    const { address, namespace } = findServer(options);
    const dataConverter = dataConverterOf(process.env);
    try {
      const connection = await Connection.connect({ address, connectTimeout: connectTimeoutMs });
      return new WindlassClient(connection, namespace, dataConverter);
    } catch (cause) {
      throw new WindlassError('ServerUnreachable', `Temporal does not answer at ${address}`, { cause });
    }
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /**
   * Starts a run and returns once its input was checked; a wrong one ends in `InvalidSpec` with every wrong field in `issues`.
   * `requester` is filled in with the name of the operating system's user where the input has none.
   */
  async start(input: RunInput | ForkInput, options: StartOptions = {}): Promise<{ readonly runId: string }> {
    const runId = options.runId ?? newRunId(modelOf(input));
    return this.#about(`run ${runId}`, async () => {
      await this.#within(callTimeoutMs, () =>
        this.#client.workflow.start<typeof llmPipeline>(workflowTypes.llmPipeline, {
          workflowId: runId,
          taskQueue: taskQueues.pipeline,
          args: [withRequester(input)],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          staticSummary: summaryOf(input),
        }),
      );
      await this.#untilAccepted(runId);
      return { runId };
    });
  }

  /**
   * The result of a run, however long it takes; servers may restart meanwhile. A failed run throws its failure, one that waits for a
   * repair throws `RunParked` at once and goes on waiting.
   */
  async wait(runId: string): Promise<RunResult> {
    return patiently(() => this.#about(`run ${runId}`, () => awaitRun(this.#connection, this.#run(runId))));
  }

  /** The state of a run, twice a second, to its last one; servers may restart meanwhile. */
  async *follow(runId: string): AsyncGenerator<RunStatus, void> {
    for (;;) {
      const status = await patiently(() => this.status(runId));
      yield status;
      if (isEnded(status)) return;
      await pause(followIntervalMs);
    }
  }

  /** The state of a run; the note of a running stage is what its job does now. */
  async status(runId: string): Promise<RunStatus> {
    return this.#about(`run ${runId}`, () =>
      this.#within(callTimeoutMs, async () => {
        const run = this.#run(runId);
        const [status, { raw, status: execution }] = await Promise.all([
          run.query<RunStatus>(messages.status),
          run.describe(),
        ]);
        const progress = await jobProgressOf(raw.pendingActivities, this.#client.options.loadedDataConverter);
        return withForcedEnd(withProgress(status, progress), execution.name);
      }),
    );
  }

  /** Approves or rejects the release that waits; a decision that does not fit is refused with the reason. */
  async decide(runId: string, decision: Decision): Promise<void> {
    await this.#about(`run ${runId}`, () =>
      this.#within(callTimeoutMs, () => this.#run(runId).executeUpdate(messages.decide, { args: [decision] })),
    );
  }

  /** Goes on with a parked run from the stage that failed. A repair that does not fit is refused, wrong fields in `issues`. */
  async retry(runId: string, { by = currentUser(), ...request }: RetryRequest): Promise<RepairRecord> {
    return this.#about(`run ${runId}`, () =>
      this.#within(acceptTimeoutMs, () =>
        this.#run(runId).executeUpdate<RepairRecord, [RepairOrder]>(messages.retry, { args: [{ by, ...request }] }),
      ),
    );
  }

  /**
   * Starts a run that begins where another one stood before a stage, with its spec and pinned sources; the other one may be open, ended, or
   * ended by force, and stays as it is. Returns as {@link start} does.
   */
  async fork(origin: string, request: ForkRequest): Promise<{ readonly runId: string }> {
    const { runId, requester, from, set = {} } = request;
    const about = await this.#about(`run ${origin}`, () =>
      this.#within(callTimeoutMs, () => this.#run(origin).describe()),
    );
    const model = about.typedSearchAttributes.get(modelKey);
    const input = { fork: { run: origin, from, set }, ...(requester === undefined ? {} : { requester }) };
    return this.start(input, { runId: runId ?? newRunId(model) });
  }

  /** Asks the run to stop; it undoes what it has begun. Returns at once. */
  async cancel(runId: string): Promise<void> {
    await this.#about(`run ${runId}`, () => this.#within(callTimeoutMs, () => this.#run(runId).cancel()));
  }

  /** What is live on a target, what was, who changes it now. `NotFound` where the model was never deployed there. */
  async releases(target: string, model: string): Promise<TargetView> {
    return this.#about(`release of ${model} on ${target}`, () =>
      this.#within(callTimeoutMs, () =>
        this.#client.workflow.getHandle(targetWorkflowId(target, model)).query<TargetView>(messages.view),
      ),
    );
  }

  /** Makes a registered version live; a failed smoke test throws after the target is back in its former state. */
  async deploy(request: DeployRequest): Promise<DeployOutcome> {
    return (await this.#execute(deployCall(request))) as DeployOutcome;
  }

  async rollback(request: RollbackRequest): Promise<DeployOutcome> {
    return (await this.#execute(rollbackCall(request))) as DeployOutcome;
  }

  /** No deployment and no rollback until unfrozen; those that wait end with `TargetFrozen`, the one under way goes on. */
  async freeze(target: TargetModel, freeze: Freeze): Promise<TargetView> {
    return this.#updateTarget(target, messages.freeze, freeze);
  }

  async unfreeze(target: TargetModel, by: string): Promise<TargetView> {
    return this.#updateTarget(target, messages.unfreeze, { by });
  }

  /** Makes a base model artifact; a name that is taken is not imported again. */
  async importModel(request: ImportRequest): Promise<ArtifactRef> {
    return (await this.#execute(importCall(request))) as ArtifactRef;
  }

  /** What nothing refers to any more in the object store and is older than a day; removed only with `dryRun: false`. */
  async collectGarbage(request: Partial<CollectGarbageInput> = {}): Promise<GarbageReport> {
    return (await this.#execute(collectionCall(request))) as GarbageReport;
  }

  /** The jobs that stand, on the platform's runner; those whose run is closed are removed only with `dryRun: false`. */
  async jobs(request: Partial<ReapJobsInput> = {}): Promise<JobsReport> {
    return (await this.#execute(reapCall(request))) as JobsReport;
  }

  /** A run that ends before it accepts tells why in its result. */
  async #untilAccepted(runId: string): Promise<void> {
    const run = this.#run(runId);
    const status = await this.#within(acceptTimeoutMs, () => run.executeUpdate<RunStatus, []>(messages.accepted)).catch(
      async (error: unknown) => {
        await this.#throwIfEnded(runId);
        throw error;
      },
    );
    if (isEnded(status)) await run.result();
  }

  async #throwIfEnded(runId: string): Promise<void> {
    const run = this.#run(runId);
    const { status } = await this.#within(callTimeoutMs, () => run.describe());
    if (status.name !== 'RUNNING') await run.result();
  }

  async #execute({ type, id, input, summary }: WorkflowCall): Promise<unknown> {
    const options = { workflowId: id, taskQueue: taskQueues.pipeline, args: [input], staticSummary: summary };
    const handle = await this.#about(id, () =>
      this.#within(callTimeoutMs, () => this.#client.workflow.start(type, options)),
    );
    return patiently<unknown>(() => this.#about(id, () => handle.result()));
  }

  async #updateTarget({ target, model }: TargetModel, update: string, argument: object): Promise<TargetView> {
    const handle = this.#client.workflow.getHandle(targetWorkflowId(target, model));
    return this.#about(`release of ${model} on ${target}`, () =>
      this.#within(callTimeoutMs, () => handle.executeUpdate<TargetView, [object]>(update, { args: [argument] })),
    );
  }

  #run(runId: string): WorkflowHandle<typeof llmPipeline> {
    return this.#client.workflow.getHandle<typeof llmPipeline>(runId);
  }

  async #within<T>(timeoutMs: number, call: () => Promise<T>): Promise<T> {
    return this.#connection.withDeadline(Date.now() + timeoutMs, call);
  }

  async #about<T>(subject: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw toWindlassError(error, subject);
    }
  }
}
