import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { restrictedProtocolKey } from '../../protocols/triton/channel.ts';
import type { PythonEnvironment } from '../python-environment.ts';
import type { TritonPorts } from '../port-plan.ts';
import type { ServerSpec } from '../server-spec.ts';
import type { StackHome } from '../stack-home.ts';
import { targetHome } from '../stack-home.ts';

export interface TritonOptions {
  readonly target: string;
  readonly home: StackHome;
  readonly ports: TritonPorts;
  readonly python: PythonEnvironment;
  readonly secret: string;
}

/** Directory of the package in site-packages that carries Triton itself. */
export function tritonDirectory(python: PythonEnvironment): string {
  return join(python.sitePackages, 'pytriton', 'tritonserver');
}

/** Shared memory of a stack's servers begins with this: what a killed one left is found by it. */
export function shmPrefix(home: StackHome): string {
  return `windlass-${createHash('sha256').update(home.directory).digest('hex').slice(0, 10)}-`;
}

/**
 * Triton on CPU out of a Python package, as target of the same name. Loading is code execution, so the repository protocol asks for a
 * secret header. `--strict-readiness=false`: one failed load must not turn a server that serves its live version unready for ever.
 */
export function buildTritonServer(options: TritonOptions): ServerSpec {
  const { target, home, ports, python } = options;
  const { repository, desired, secretFile } = targetHome(home, target);
  return {
    name: `triton-${target}`,
    title: `Triton ${target}`,
    after: [],
    command: {
      file: join(tritonDirectory(python), 'bin', 'tritonserver'),
      args: [`--model-repository=${repository}`, ...listenFlags(ports), ...behaviourFlags(options)],
      env: {
        LD_LIBRARY_PATH: `${join(python.sitePackages, 'nvidia_pytriton.libs')}:${python.libpythonDirectory}`,
        // A byte-code cache written into a version directory would make Triton load a resident version again.
        PYTHONDONTWRITEBYTECODE: '1',
        WINDLASS_ENGINE_CACHE: home.engineCache,
      },
    },
    readiness: {
      kind: 'triton',
      url: `http://127.0.0.1:${ports.http}/v2/health/ready`,
      grpcAddress: `127.0.0.1:${ports.grpc}`,
      desiredDirectory: desired,
      secretFile,
    },
    stopSignal: 'SIGINT',
    stopTimeoutMs: 15_000,
  };
}

function listenFlags(ports: TritonPorts): readonly string[] {
  const listeners = [
    ['grpc', ports.grpc],
    ['http', ports.http],
    ['metrics', ports.metrics],
  ] as const;
  return listeners.flatMap(([name, port]) => [`--${name}-address=127.0.0.1`, `--${name}-port=${port}`]);
}

function behaviourFlags({ home, target, python, secret }: TritonOptions): readonly string[] {
  return [
    `--backend-directory=${home.tritonBackends}`,
    `--cache-directory=${join(tritonDirectory(python), 'caches')}`,
    '--model-control-mode=explicit',
    '--strict-readiness=false',
    '--disable-auto-complete-config',
    '--exit-timeout-secs=5',
    `--backend-config=python,shm-region-prefix-name=${shmPrefix(home)}${target}-`,
    `--grpc-restricted-protocol=model-repository,shared-memory,logging,trace:${restrictedProtocolKey}=${secret}`,
    `--http-restricted-api=model-repository,shared-memory,logging,trace:${restrictedProtocolKey}=${secret}`,
  ];
}
