import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TritonReplica } from '../../../src/adapters/triton/replica.ts';
import { createTritonReplica } from '../../../src/adapters/triton/replica.ts';
import type { Artifact } from '../../../src/contracts/artifact.ts';
import type { GenerateChunk, GenerateRequest } from '../../../src/contracts/inference.ts';
import type { ReplicaPlatform } from '../../../src/contracts/platform.ts';
import type { TritonServer } from '../../servers/triton.ts';
import { startTriton } from '../../servers/triton.ts';
import type { EchoBehaviour, EngineShelf } from './echo-engine.ts';
import { openShelf } from './echo-engine.ts';

export const serving = { maxNewTokens: 32, cacheSizeGb: 1, maxConcurrent: 4, threads: 1 };

/** A real Triton with a replica adapter before it and engines to publish; one per test file. */
export interface ReplicaBench {
  readonly server: TritonServer;
  readonly shelf: EngineShelf;
  readonly platform: ReplicaPlatform;
  readonly replica: TritonReplica;
  /** Builds an engine that notes its loads and publishes it. */
  publish(model: string, version: number, behaviour?: EchoBehaviour): Promise<Artifact>;
  /** `model version` of each load so far whose model matches. */
  initialized(model: string): Promise<readonly string[]>;
  ask(request: Partial<GenerateRequest> & { readonly modelName: string }): Promise<readonly GenerateChunk[]>;
  stop(): Promise<void>;
}

export async function openBench(): Promise<ReplicaBench> {
  const [server, shelf] = await Promise.all([startTriton(), openShelf()]);
  const platform = platformOf(server);
  const replica = createTritonReplica({ replica: platform, artifacts: shelf.artifacts });
  const initializeLog = join(shelf.directory, 'initialized.log');
  return {
    server,
    shelf,
    platform,
    replica,
    publish: async (model, version, behaviour = {}) => {
      const engine = await shelf.build({ initializeLog, name: `${model} ${version}`, ...behaviour });
      await replica.publish({ model, version, engine, serving, fence: 1 });
      return engine;
    },
    initialized: async (model) => {
      const lines = (await readFile(initializeLog, 'utf8').catch(() => '')).split('\n');
      return lines.filter((line) => line.startsWith(`${model} `) || line.startsWith(`${model}--candidate `));
    },
    ask: async (request) => Array.fromAsync(replica.generate({ ...defaultRequest, ...request })),
    stop: async () => {
      await replica.close();
      await server.stop();
      await shelf.remove();
    },
  };
}

const defaultRequest = { prompt: 'one two three', maxTokens: 8, temperature: 0, stream: true, timeoutMs: 20_000 };

export function platformOf(server: TritonServer): ReplicaPlatform {
  return {
    name: 'bench',
    grpcAddress: server.grpcAddress,
    httpUrl: server.httpUrl,
    repositoryDirectory: server.repositoryDirectory,
    desiredDirectory: server.desiredDirectory,
    machineFile: server.machineFile,
    secretFile: server.secretFile,
  };
}
