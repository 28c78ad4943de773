import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { GenerateChunk, GenerateRequest } from '../../contracts/inference.ts';
import { candidateModelName } from '../../contracts/names.ts';
import type { ReplicaPlatform } from '../../contracts/platform.ts';
import type { ArtifactStore } from '../../ports/object-store.ts';
import type { MachineDescription, ReplicaState, ServingReplica } from '../../ports/serving-replica.ts';
import type { InferenceClient } from '../../protocols/triton/inference.ts';
import { openInference } from '../../protocols/triton/inference.ts';
import { AdapterError } from '../errors.ts';
import { readIndex } from './await-state.ts';
import { hasCandidateFolder, loadCandidate, unloadCandidate } from './candidate.ts';
import { readDesiredVersions } from './desired-state.ts';
import { passFence } from './fence.ts';
import { readyVersions } from './index-state.ts';
import { withLock } from './lock.ts';
import type { ModelServer, ServerTimeouts } from './model-server.ts';
import { defaultTimeouts, withServer } from './model-server.ts';
import type { PublishDependencies } from './publish-version.ts';
import { publishVersion, stagedVersions, unpublishVersion } from './publish-version.ts';
import { publishedVersions } from './repository.ts';
import { showVersions } from './show-versions.ts';
import { toAdapterError } from './to-adapter-error.ts';

export interface TritonReplicaOptions {
  readonly replica: ReplicaPlatform;
  readonly artifacts: ArtifactStore;
  readonly timeouts?: Partial<ServerTimeouts>;
}

/** A replica with the connection that its answers come over; all else connects for one operation at a time. */
export interface TritonReplica extends ServingReplica {
  /** Waits a moment for answers that still run. The replica can be used again afterwards. */
  close(): Promise<void>;
}

interface Change {
  readonly model: string;
  readonly fence: number;
}

export function createTritonReplica(options: TritonReplicaOptions): TritonReplica {
  const { replica, artifacts } = options;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const exclusively = async (change: Change, work: () => Promise<void>): Promise<void> =>
    changeReplica({ replica, timeouts }, change, work);
  const publishing = (change: Change): PublishDependencies => ({
    replica,
    artifacts,
    timeoutMs: timeouts.loadMs,
    signal: undefined,
    exclusively: async (work) => exclusively(change, work),
  });
  const onServer = async <Result>(what: string, work: (server: ModelServer) => Promise<Result>): Promise<Result> =>
    named(`${what} on replica ${replica.name}`, async () => withServer(replica, timeouts, work));

  return {
    name: replica.name,
    readState: async (model) =>
      onServer(`read the state of ${model}`, async (server) => readState(server, replica, model)),
    raiseFence: async (request) =>
      named(`raise the fence of ${request.model} on replica ${replica.name}`, async () =>
        exclusively(request, async () => undefined),
      ),
    describeMachine: async () => readMachine(replica),
    publish: async (request, { signal } = {}) =>
      named(
        `publish version ${request.version} of ${request.model} on replica ${replica.name}`,
        async () => publishVersion({ ...publishing(request), signal }, request),
        signal,
      ),
    unpublish: async (request) =>
      onServer(`remove version ${request.version} of ${request.model}`, async (server) =>
        unpublishVersion(server, publishing(request), request),
      ),
    loadCandidate: async (request) =>
      onServer(`load version ${request.version} of ${request.model}`, async (server) =>
        exclusively(request, async () => loadCandidate(server, { ...replica, model: request.model }, request.version)),
      ),
    unloadCandidate: async (request) =>
      onServer(`unload the candidate of ${request.model}`, async (server) =>
        exclusively(request, async () => unloadCandidate(server, { ...replica, model: request.model })),
      ),
    showVersions: async (request) =>
      onServer(`show versions of ${request.model}`, async (server) =>
        exclusively(request, async () =>
          showVersions(server, replica, { modelName: request.model, versions: request.versions }),
        ),
      ),
    ...answers(replica),
  };
}

/** One change at a time per server: Triton has deadlocked on concurrent loads (core#49, #156), and a late deployer must see the fence. */
async function changeReplica(
  { replica, timeouts }: { readonly replica: ReplicaPlatform; readonly timeouts: ServerTimeouts },
  { model, fence }: Change,
  work: () => Promise<void>,
): Promise<void> {
  const lock = { key: replica.repositoryDirectory, what: `replica ${replica.name}`, timeoutMs: timeouts.loadMs };
  await withLock(lock, async () => {
    await passFence({ desiredDirectory: replica.desiredDirectory, model, token: fence });
    await work();
  });
}

async function readState(server: ModelServer, replica: ReplicaPlatform, model: string): Promise<ReplicaState> {
  const names = [model, candidateModelName(model)];
  const index = (await readIndex(server)).filter(({ name, state }) => names.includes(name) && state !== '');
  const isCandidateKnown = index.some(({ name }) => name === candidateModelName(model));
  return {
    index,
    readyVersions: readyVersions(index, model),
    desiredVersions: (await readDesiredVersions(replica.desiredDirectory, model)) ?? [],
    hasCandidate: isCandidateKnown || (await hasCandidateFolder({ ...replica, model })),
    publishedVersions: await publishedVersions(replica.repositoryDirectory, model),
    stagedVersions: await stagedVersions(replica, model),
  };
}

const machineDescription = z.object({
  runtimeVersions: z.record(z.string(), z.string()),
  cpuFeatures: z.array(z.string()),
});

async function readMachine({ name, machineFile }: ReplicaPlatform): Promise<MachineDescription> {
  try {
    return machineDescription.parse(JSON.parse(await readFile(machineFile, 'utf8')));
  } catch (cause) {
    const message = `${machineFile} does not describe the machine of replica ${name}; it is written when its server starts: restart it`;
    throw new AdapterError('MissingInput', message, { system: 'triton', cause });
  }
}

function answers({ name, grpcAddress }: ReplicaPlatform): Pick<TritonReplica, 'generate' | 'close'> {
  let client: InferenceClient | null = null;
  return {
    generate: async function* generate(request: GenerateRequest): AsyncGenerator<GenerateChunk> {
      client ??= openInference({ grpcAddress });
      try {
        yield* client.generate(request);
      } catch (error) {
        throw toAdapterError(error, `get an answer of ${request.modelName} from replica ${name}`);
      }
    },
    close: async () => {
      const closing = client;
      client = null;
      await closing?.close();
    },
  };
}

/** Errors get the name of what was under way; an abort keeps its own reason. */
async function named<Result>(what: string, work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw toAdapterError(error, what);
  }
}
