import type { Platform } from '../../src/contracts/platform.ts';

/** A platform whose servers nobody runs; for what is decided before any is asked. */
export function unservedPlatform(changes: Partial<Platform> = {}): Platform {
  const replica = {
    name: 'production-0',
    grpcAddress: '127.0.0.1:1',
    httpUrl: 'http://127.0.0.1:1',
    repositoryDirectory: '/nowhere/repository',
    desiredDirectory: '/nowhere/desired',
    machineFile: '/nowhere/machine.json',
    secretFile: '/nowhere/secret',
  };
  return {
    schema: 'windlass.platform/v1',
    temporal: { address: '127.0.0.1:1', namespace: 'default', uiUrl: null },
    store: { uri: 'file:///nowhere/store' },
    mlflow: { url: 'http://127.0.0.1:1' },
    jobs: {
      runner: 'process',
      python: 'python3',
      packageDirectory: 'jobs',
      directory: '/nowhere/jobs',
      maxParallel: 2,
    },
    targets: { production: { approval: { required: true, fourEyes: false, expiresSeconds: 60 }, replicas: [replica] } },
    presets: {},
    defaultTarget: 'production',
    ...changes,
  };
}
