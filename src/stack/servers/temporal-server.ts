import { searchAttributes } from '../../contracts/names.ts';
import type { Installation } from '../installation.ts';
import type { PortPlan } from '../port-plan.ts';
import type { ServerSpec } from '../server-spec.ts';
import type { StackHome } from '../stack-home.ts';

const attributeTypes: Readonly<Record<string, string>> = { [searchAttributes.version]: 'Int' };

/** Temporal's dev server on a SQLite file. With these pragmas it is as fast as in memory; the file survives `kill -9`. */
export function buildTemporalServer(installation: Installation, home: StackHome, ports: PortPlan): ServerSpec {
  const attributes = Object.values(searchAttributes);
  return {
    name: 'temporal',
    title: 'Temporal',
    after: [],
    command: {
      file: installation.temporal,
      args: [
        ...['server', 'start-dev', '--ip', '127.0.0.1', '--db-filename', home.temporalDatabase],
        ...['--port', `${ports.temporal.grpc}`, '--ui-port', `${ports.temporal.ui}`],
        ...['--http-port', `${ports.temporal.http}`, '--metrics-port', `${ports.temporal.metrics}`],
        ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
        ...attributes.flatMap((name) => ['--search-attribute', `${name}=${attributeTypes[name] ?? 'Keyword'}`]),
        ...['--ui-disable-news-fetch', '--disable-config-file', '--log-level', 'error'],
      ],
      env: {},
    },
    readiness: { kind: 'temporal', address: `127.0.0.1:${ports.temporal.grpc}`, searchAttributes: attributes },
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
  };
}
