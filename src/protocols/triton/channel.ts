import type { ClientDuplexStream } from '@grpc/grpc-js';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { callErrorFrom, TritonCallError } from './call-error.ts';
import { tritonSchema } from './schema.ts';

/** `--grpc-restricted-protocol=<categories>:<this>=<secret>` is how a server is told the secret of its restricted calls. */
export const restrictedProtocolKey = 'windlass';

export interface ChannelOptions {
  /** host:port. */
  readonly grpcAddress: string;
  /** Secret of the restricted protocols; absent: only the open ones can be called. */
  readonly secret?: string;
}

interface UnaryCall {
  readonly method: string;
  readonly request: object;
  readonly timeoutMs: number;
}

/** One HTTP/2 connection to one server. */
export interface TritonChannel {
  unary<Response extends object>(call: UnaryCall): Promise<Response>;
  /** The caller must read it to its end: cancelling a stream can crash servers before 25.04 (server#7368, #8078). */
  stream<Request, Response>(method: string): ClientDuplexStream<Request, Response>;
  close(): void;
}

/** Servers refuse pings that come more often than every 300 s with `too_many_pings`. */
const keepaliveMs = 330_000;
const maxMessageBytes = 1024 * 1024 * 1024;

const channelOptions = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.max_send_message_length': maxMessageBytes,
  'grpc.keepalive_time_ms': keepaliveMs,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.min_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
};

export function openChannel({ grpcAddress, secret }: ChannelOptions): TritonChannel {
  const client = new Client(grpcAddress, credentials.createInsecure(), channelOptions);
  const metadata = accessMetadata(secret);
  return {
    unary: (call) => callUnary(client, metadata, call),
    stream: (method) => openStream(client, metadata, method),
    close: () => client.close(),
  };
}

function accessMetadata(secret: string | undefined): Metadata {
  const metadata = new Metadata();
  if (secret !== undefined) metadata.set(`triton-grpc-protocol-${restrictedProtocolKey}`, secret);
  return metadata;
}

function callUnary<Response extends object>(client: Client, metadata: Metadata, call: UnaryCall): Promise<Response> {
  const { path, serialize, deserialize } = methodNamed<object, Response>(call.method);
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + call.timeoutMs };
    client.makeUnaryRequest(path, serialize, deserialize, call.request, metadata, options, (error, response) => {
      if (error !== null) reject(callErrorFrom(error, call.method));
      else if (response === undefined) reject(emptyAnswer(call.method));
      else resolve(response);
    });
  });
}

function openStream<Request, Response>(
  client: Client,
  metadata: Metadata,
  method: string,
): ClientDuplexStream<Request, Response> {
  const { path, serialize, deserialize } = methodNamed<Request, Response>(method);
  return client.makeBidiStreamRequest(path, serialize, deserialize, metadata, {});
}

interface Method<Request, Response> {
  readonly path: string;
  readonly serialize: (request: Request) => Buffer;
  readonly deserialize: (bytes: Buffer) => Response;
}

const service = fromJSON(tritonSchema as unknown as Parameters<typeof fromJSON>[0], {
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
})['inference.GRPCInferenceService'] as Readonly<Record<string, unknown>>;

function methodNamed<Request, Response>(name: string): Method<Request, Response> {
  const { path, requestSerialize, responseDeserialize } = service[name] as {
    readonly path: string;
    readonly requestSerialize: (request: Request) => Buffer;
    readonly responseDeserialize: (bytes: Buffer) => Response;
  };
  return { path, serialize: requestSerialize, deserialize: responseDeserialize };
}

function emptyAnswer(method: string): TritonCallError {
  return new TritonCallError({ status: 'INTERNAL', method, reason: 'the server answered without a message' });
}
