import { status } from '@grpc/grpc-js';

/** A gRPC status name (`UNAVAILABLE`, …) or `IN_STREAM`: an error that arrived as a message of a stream that stays open. */
export type CallStatus = keyof typeof status | 'IN_STREAM';

/** A call that failed, as the server or the transport told it; what it means is for the caller to judge. */
export class TritonCallError extends Error {
  override readonly name = 'TritonCallError';
  readonly status: CallStatus;
  readonly method: string;
  /** The server's own words. */
  readonly reason: string;

  constructor(options: {
    readonly status: CallStatus;
    readonly method: string;
    readonly reason: string;
    readonly cause?: unknown;
  }) {
    super(`Triton ${options.method}: ${options.status}: ${options.reason}`, { cause: options.cause });
    this.status = options.status;
    this.method = options.method;
    this.reason = options.reason;
  }
}

export function callErrorFrom(error: unknown, method: string): TritonCallError {
  if (error instanceof TritonCallError) return error;
  const { code, details } = error as { readonly code?: unknown; readonly details?: unknown };
  const reason = typeof details === 'string' ? details : String(error);
  return new TritonCallError({ status: statusName(code), method, reason, cause: error });
}

function statusName(code: unknown): CallStatus {
  const name = typeof code === 'number' ? status[code] : undefined;
  return name === undefined ? 'UNKNOWN' : (name as keyof typeof status);
}
