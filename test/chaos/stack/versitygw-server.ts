import type { ServerSpec } from '../../../src/stack/server-spec.ts';

/** The S3 server of a stack whose store is one: `WINDLASS_CHAOS_S3` has its program, address, and directories. None: no server. */
export function versitygwServer(environment: NodeJS.ProcessEnv): readonly ServerSpec[] {
  const described = environment['WINDLASS_CHAOS_S3'];
  if (described === undefined) return [];
  const { program, address, buckets } = JSON.parse(described) as S3Place;
  const keys = {
    ROOT_ACCESS_KEY: environment['AWS_ACCESS_KEY_ID'] ?? '',
    ROOT_SECRET_KEY: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
  };
  return [
    {
      name: 'versitygw',
      title: 'versitygw',
      after: [],
      command: {
        file: program,
        args: ['--port', address, '--health', '/health', '--quiet', '--keep-alive', 'posix', buckets],
        env: keys,
      },
      readiness: { kind: 'http', url: `http://${address}/health` },
      stopSignal: 'SIGTERM',
      stopTimeoutMs: 5_000,
    },
  ];
}

export interface S3Place {
  readonly program: string;
  /** host:port. */
  readonly address: string;
  /** Each folder in it is a bucket. */
  readonly buckets: string;
}
