import { searchAttributes } from '../../contracts/names.ts';
import type { Installation } from '../installation.ts';
import type { PortPlan } from '../port-plan.ts';
import type { ServerSpec } from '../server-spec.ts';
import type { StackHome } from '../stack-home.ts';
import { buildFlags } from './command-flags.ts';

const attributeTypes: Readonly<Record<string, string>> = { [searchAttributes.version]: 'Int' };

export interface TemporalOptions {
  readonly ports: PortPlan;
  /** The UI shows payloads through the codec server. */
  readonly isEncrypted: boolean;
}

/** Temporal's dev server on a SQLite file. With these pragmas it is as fast as in memory; the file survives `kill -9`. */
export function buildTemporalServer(
  installation: Installation,
  home: StackHome,
  { ports, isEncrypted }: TemporalOptions,
): ServerSpec {
  const attributes = Object.values(searchAttributes);
  const codecFlags = isEncrypted ? buildFlags({ 'ui-codec-endpoint': `http://127.0.0.1:${ports.codec}` }) : [];
  return {
    name: 'temporal',
    title: 'Temporal',
    after: [],
    command: {
      file: installation.temporal,
      args: ['server', 'start-dev', ...temporalFlags(home, ports.temporal, attributes), ...codecFlags],
      env: {},
    },
    readiness: { kind: 'temporal', address: `127.0.0.1:${ports.temporal.grpc}`, searchAttributes: attributes },
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
  };
}

function temporalFlags(home: StackHome, ports: PortPlan['temporal'], attributes: readonly string[]): readonly string[] {
  return buildFlags({
    ip: '127.0.0.1',
    port: ports.grpc,
    'ui-port': ports.ui,
    'http-port': ports.http,
    'metrics-port': ports.metrics,
    'db-filename': home.temporalDatabase,
    'sqlite-pragma': ['journal_mode=WAL', 'synchronous=NORMAL'],
    'search-attribute': attributes.map((name) => `${name}=${attributeTypes[name] ?? 'Keyword'}`),
    'ui-disable-news-fetch': true,
    'disable-config-file': true,
    'log-level': 'error',
  });
}
