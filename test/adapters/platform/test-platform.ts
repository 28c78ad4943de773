import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { resolvePlatform } from '../../../src/adapters/platform/resolve-platform.ts';
import type { Platform } from '../../../src/contracts/platform.ts';

const server = { grpcAddress: '127.0.0.1:1', httpUrl: 'http://127.0.0.1:2', metricsUrl: 'http://127.0.0.1:3/metrics' };

export const repositoryFile = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export function platformFromYaml(yamlText: string, targets: readonly string[]): Platform {
  return resolvePlatform(yamlText, {
    yamlPath: '/data/windlass.yaml',
    home: '/data/.windlass',
    packageDirectory: '/data/jobs',
    parallelJobs: 2,
    python: '/data/.venv/bin/python',
    endpoints: {
      temporalAddress: '127.0.0.1:7233',
      temporalUiUrl: 'http://127.0.0.1:8233',
      mlflowUrl: 'http://127.0.0.1:5000',
      targets: Object.fromEntries(targets.map((name) => [name, server])),
      workers: {},
    },
  });
}

/** The platform of the repository's own windlass.yaml, as the embedded stack resolves it. */
export function shippedPlatform(): Platform {
  return platformFromYaml(readFileSync(repositoryFile('windlass.yaml'), 'utf8'), ['production', 'staging']);
}
