import type { Installation } from '../installation.ts';
import type { PortPlan } from '../port-plan.ts';
import type { ServerSpec } from '../server-spec.ts';
import { buildFlags } from './command-flags.ts';

/** Decrypts payloads for the Temporal UI of this stack, and for pages of no other origin. */
export function buildCodecServer(installation: Installation, ports: PortPlan): ServerSpec {
  const origins = ['127.0.0.1', 'localhost'].map((host) => `http://${host}:${ports.temporal.ui}`);
  return {
    name: 'codec-server',
    title: 'codec server',
    after: [],
    command: {
      file: installation.node,
      args: [installation.codecServerMain, ...buildFlags({ port: ports.codec, origin: origins })],
      env: {},
      credentials: 'inherited',
    },
    readiness: { kind: 'http', url: `http://127.0.0.1:${ports.codec}/health` },
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5_000,
  };
}
