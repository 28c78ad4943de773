import { describe, expect, it } from 'vitest';
import { findInstallation } from '../../src/stack/installation.ts';
import type { PortPlan } from '../../src/stack/port-plan.ts';
import { buildServerEnvironment } from '../../src/stack/server-environment.ts';
import { buildCodecServer } from '../../src/stack/servers/codec-server.ts';
import { buildMlflowServer } from '../../src/stack/servers/mlflow-server.ts';
import { buildTemporalServer } from '../../src/stack/servers/temporal-server.ts';
import { buildTritonServer, shmPrefix } from '../../src/stack/servers/triton-server.ts';
import { buildWorkers } from '../../src/stack/servers/workers.ts';
import { stackHome } from '../../src/stack/stack-home.ts';

const installation = findInstallation();
const home = stackHome('/srv/home');
const triton = { grpc: 11, http: 12, metrics: 13 };
const ports: PortPlan = {
  temporal: { grpc: 1, ui: 2, http: 3, metrics: 4 },
  mlflow: 5,
  codec: 6,
  workers: { 'pipeline-worker': 7, 'jobs-worker': 8, 'serving-worker': 9 },
  targets: { production: triton },
};
const python = { version: '3.11', sitePackages: '/venv/site', libpythonDirectory: '/usr/lib/py', runtimeVersions: {} };

function tritonOf(target: string): ReturnType<typeof buildTritonServer> {
  return buildTritonServer({ target, home, ports: triton, python, secret: 's3cret' });
}

describe('the commands of the servers', () => {
  it('Temporal keeps its file fast and crash-safe and is ready when it knows the search attributes', () => {
    const { command, readiness } = buildTemporalServer(installation, home, { ports, isEncrypted: false });
    const argv = command.args.join(' ');
    expect(argv).toContain('--sqlite-pragma journal_mode=WAL --sqlite-pragma synchronous=NORMAL');
    expect(argv).toContain('--dynamic-config-value history.transferProcessorMaxPollRPS=100');
    expect(argv).toContain('--db-filename /srv/home/temporal/temporal.db');
    expect(readiness).toMatchObject({
      kind: 'temporal',
      searchAttributes: { WindlassModel: 'Keyword', WindlassVersion: 'Int', WindlassPhase: 'Keyword' },
    });
  });

  it('MLflow answers loopback names only and starts no job runner', () => {
    const { args, env } = buildMlflowServer(installation, home, ports).command;
    expect(args).toContain('127.0.0.1:5,localhost:5');
    expect(env).toMatchObject({ MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false', MLFLOW_DISABLE_TELEMETRY: 'true' });
  });

  it('MLflow serves the app that has imported everything first', () => {
    const { args, env } = buildMlflowServer(installation, home, ports).command;
    expect(args.join(' ')).toContain('--app-name windlass');
    expect(env).toMatchObject({ PYTHONPATH: installation.mlflowApp });
  });

  it('Triton loads only when told, and only by who knows the secret', () => {
    const { args } = tritonOf('production').command;
    expect(args).toContain('--model-control-mode=explicit');
    expect(args.filter((flag) => flag.includes('restrict') && flag.includes('model-repository'))).toHaveLength(2);
  });

  it('Tritons of one machine have shared memory of their own', () => {
    const prefixes = ['production', 'staging'].map((target) =>
      tritonOf(target).command.args.find((flag) => flag.includes('shm-region')),
    );
    expect(new Set(prefixes).size).toBe(2);
    expect(shmPrefix(home)).not.toBe(shmPrefix(stackHome('/srv/other')));
  });

  it('workers wait for Temporal, read the resolved platform, and tell metrics on ports of their own', () => {
    const workers = buildWorkers(installation, home, ports);
    expect(workers.map(({ after }) => after)).toEqual([['temporal'], ['temporal'], ['temporal']]);
    expect(workers.map(({ command }) => command.env)).toEqual(
      [7, 8, 9].map((port) => ({
        WINDLASS_PLATFORM: '/srv/home/platform.json',
        WINDLASS_METRICS_ADDRESS: `127.0.0.1:${port}`,
      })),
    );
  });

  it('the UI reads encrypted payloads through a codec server that answers its own pages only', () => {
    const { args } = buildTemporalServer(installation, home, { ports, isEncrypted: true }).command;
    expect(args.join(' ')).toContain('--ui-codec-endpoint http://127.0.0.1:6');
    const codec = buildCodecServer(installation, ports).command.args.join(' ');
    expect(codec).toContain('--port 6 --origin http://127.0.0.1:2 --origin http://localhost:2');
  });

  it('credentials reach those servers alone that need them', () => {
    const inherited = {
      AWS_SECRET_ACCESS_KEY: 's',
      HF_TOKEN: 'h',
      WINDLASS_PAYLOAD_KEYS: 'k',
      WINDLASS_PAYLOAD_KEYS_FILE: 'f',
    };
    const servers = [
      buildTemporalServer(installation, home, { ports, isEncrypted: true }),
      buildMlflowServer(installation, home, ports),
      buildCodecServer(installation, ports),
      tritonOf('production'),
      ...buildWorkers(installation, home, ports),
    ];
    const trusted = servers.filter(({ name, command }) => {
      const names = { homeDirectory: '/srv/home', server: name, venvBin: '/venv/bin' };
      const environment = buildServerEnvironment(command, inherited, names);
      const held = Object.keys(inherited).filter((variable) => variable in environment);
      expect([0, Object.keys(inherited).length]).toContain(held.length);
      return held.length > 0;
    });
    expect(trusted.map(({ name }) => name)).toEqual([
      'codec-server',
      'pipeline-worker',
      'jobs-worker',
      'serving-worker',
    ]);
  });

  it('settings of the shell that change what a server loads are left behind', () => {
    const inherited = {
      PATH: '/bin',
      HOME: '/root',
      PYTHONPATH: '/x',
      LD_PRELOAD: 'y',
      NODE_OPTIONS: '-r z',
      TEMPORAL_ADDRESS: 'a',
    };
    const names = { homeDirectory: '/srv/home', server: 'mlflow', venvBin: '/venv/bin' };
    expect(buildServerEnvironment({ file: 'f', args: [], env: { A: '1' } }, inherited, names)).toEqual({
      HOME: '/root',
      PATH: '/venv/bin:/bin',
      PYTHONUNBUFFERED: '1',
      A: '1',
      WINDLASS_SERVER: '/srv/home#mlflow',
    });
  });
});
