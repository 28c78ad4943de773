import { searchAttributes } from '../../contracts/names.ts';
import type { Installation } from '../installation.ts';
import type { PortPlan } from '../port-plan.ts';
import type { AttributeType } from '../search-attributes.ts';
import type { ServerSpec } from '../server-spec.ts';
import type { StackHome } from '../stack-home.ts';
import { buildFlags } from './command-flags.ts';

const attributeTypes = Object.fromEntries(
  Object.values(searchAttributes).map((name): [string, AttributeType] => [
    name,
    name === searchAttributes.version ? 'Int' : 'Keyword',
  ]),
);

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
  const codecFlags = isEncrypted ? buildFlags({ 'ui-codec-endpoint': `http://127.0.0.1:${ports.codec}` }) : [];
  return {
    name: 'temporal',
    title: 'Temporal',
    after: [],
    command: {
      file: installation.temporal,
      args: ['server', 'start-dev', ...temporalFlags(home, ports.temporal), ...codecFlags],
      env: {},
    },
    readiness: { kind: 'temporal', address: `127.0.0.1:${ports.temporal.grpc}`, searchAttributes: attributeTypes },
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
  };
}

/** The server has one shard, whose queue is read at most 20 times a second by default: less than one run on an idle machine asks for. */
const queueReadsPerSecond = 100;

function temporalFlags(home: StackHome, ports: PortPlan['temporal']): readonly string[] {
  return buildFlags({
    ip: '127.0.0.1',
    port: ports.grpc,
    'ui-port': ports.ui,
    'http-port': ports.http,
    'metrics-port': ports.metrics,
    'db-filename': home.temporalDatabase,
    'sqlite-pragma': ['journal_mode=WAL', 'synchronous=NORMAL'],
    'dynamic-config-value': [`history.transferProcessorMaxPollRPS=${queueReadsPerSecond}`],
    'ui-disable-news-fetch': true,
    'disable-config-file': true,
    'log-level': 'error',
  });
}
