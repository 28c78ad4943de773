import type { AttributeType } from './search-attributes.ts';

/** How one server of the stack is started and when it counts as ready: data only, built by pure functions. */
export interface ServerSpec {
  readonly name: string;
  /** What people read in the progress list. */
  readonly title: string;
  /** Names of servers that must be ready before the first start. */
  readonly after: readonly string[];
  readonly command: ServerCommand;
  readonly readiness: Readiness;
  /** Signal that makes it stop in order. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** SIGKILL after this. */
  readonly stopTimeoutMs: number;
}

export interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Added to the environment every server gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Absent: it gets none of the credentials of the person who starts the stack. */
  readonly credentials?: 'inherited';
}

export type Readiness =
  /** GET answers 200. */
  | { readonly kind: 'http'; readonly url: string }
  /** The frontend answers and knows these search attributes; it is told of those that it does not know. */
  | {
      readonly kind: 'temporal';
      readonly address: string;
      readonly searchAttributes: Readonly<Record<string, AttributeType>>;
    }
  /** Ready, and the models that were live are loaded again. */
  | {
      readonly kind: 'triton';
      readonly url: string;
      readonly grpcAddress: string;
      readonly desiredDirectory: string;
      readonly secretFile: string;
    }
  /** The log has a JSON line with this `msg`, written since the start. */
  | { readonly kind: 'log-line'; readonly message: string };
