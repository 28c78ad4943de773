import type { TritonChannel } from './channel.ts';
import { openChannel } from './channel.ts';
import type { LoadedModelConfig, ModelIndexEntry, ModelStatistics, ServerMetadata } from './messages.ts';

export interface ControlOptions {
  /** host:port. */
  readonly grpcAddress: string;
  /** Secret of the restricted model-repository protocol. */
  readonly secret: string;
  /** Deadline of every call that is quick by nature; 10 s. */
  readonly callTimeoutMs?: number;
}

/** A server's model control calls, one method each, without policy. All fail with `TritonCallError`. */
export interface TritonControl {
  serverLive(): Promise<boolean>;
  serverReady(): Promise<boolean>;
  serverMetadata(): Promise<ServerMetadata>;
  /** False also where the model is unknown. */
  modelReady(model: ModelName): Promise<boolean>;
  modelConfig(model: ModelName): Promise<LoadedModelConfig>;
  modelStatistics(model: ModelName): Promise<readonly ModelStatistics[]>;
  /** The server reads its repository directory for it: do not call it in a tight loop. */
  repositoryIndex(): Promise<readonly ModelIndexEntry[]>;
  /** Returns when the load has succeeded or failed. A deadline ends the call, not the load. */
  loadModel(request: LoadModel): Promise<void>;
  /** Returns before the versions are gone: they are `UNLOADING` until their last request has ended. */
  unloadModel(request: { readonly name: string; readonly timeoutMs: number }): Promise<void>;
  close(): void;
}

interface ModelName {
  readonly name: string;
  /** Absent: the highest ready version. */
  readonly version?: number;
}

interface LoadModel {
  readonly name: string;
  /** Complete model configuration; it replaces any config.pbtxt. */
  readonly configJson: string;
  readonly timeoutMs: number;
}

export function openControl({ grpcAddress, secret, callTimeoutMs = 10_000 }: ControlOptions): TritonControl {
  const channel = openChannel({ grpcAddress, secret });
  return {
    ...healthCalls(channel, callTimeoutMs),
    ...modelCalls(channel, callTimeoutMs),
    close: () => channel.close(),
  };
}

function healthCalls(
  channel: TritonChannel,
  timeoutMs: number,
): Pick<TritonControl, 'serverLive' | 'serverReady' | 'serverMetadata' | 'modelReady'> {
  return {
    serverLive: async () =>
      (await channel.unary<{ live: boolean }>({ method: 'ServerLive', request: {}, timeoutMs })).live,
    serverReady: async () =>
      (await channel.unary<{ ready: boolean }>({ method: 'ServerReady', request: {}, timeoutMs })).ready,
    serverMetadata: async () => channel.unary({ method: 'ServerMetadata', request: {}, timeoutMs }),
    modelReady: async (model) => {
      const request = nameMessage(model);
      return (await channel.unary<{ ready: boolean }>({ method: 'ModelReady', request, timeoutMs })).ready;
    },
  };
}

function modelCalls(
  channel: TritonChannel,
  callTimeoutMs: number,
): Pick<TritonControl, 'modelConfig' | 'modelStatistics' | 'repositoryIndex' | 'loadModel' | 'unloadModel'> {
  const ask = async <Response extends object>(method: string, request: object): Promise<Response> =>
    channel.unary<Response>({ method, request, timeoutMs: callTimeoutMs });
  return {
    modelConfig: async (model) => (await ask<{ config: LoadedModelConfig }>('ModelConfig', nameMessage(model))).config,
    modelStatistics: async (model) =>
      (await ask<{ model_stats: ModelStatistics[] }>('ModelStatistics', nameMessage(model))).model_stats,
    repositoryIndex: async () => (await ask<{ models: ModelIndexEntry[] }>('RepositoryIndex', {})).models,
    loadModel: async ({ name, configJson, timeoutMs }) => {
      const request = { model_name: name, parameters: { config: { string_param: configJson } } };
      await channel.unary({ method: 'RepositoryModelLoad', request, timeoutMs });
    },
    unloadModel: async ({ name, timeoutMs }) => {
      await channel.unary({ method: 'RepositoryModelUnload', request: { model_name: name }, timeoutMs });
    },
  };
}

function nameMessage({ name, version }: ModelName): object {
  return { name, version: version === undefined ? '' : String(version) };
}
