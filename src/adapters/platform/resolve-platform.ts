import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { JobsPlatform, Platform, ReplicaPlatform, TargetPlatform } from '../../contracts/platform.ts';
import type { StackEndpoints } from '../../contracts/stack-state.ts';
import { AdapterError } from '../errors.ts';
import { absoluteUri } from './source-uris.ts';
import type { WindlassFile } from './windlass-file.ts';
import { parseWindlassFile } from './windlass-file.ts';

/** What the embedded stack knows and the file does not. Paths are absolute. */
export interface PlatformContext {
  readonly yamlPath: string;
  readonly home: string;
  readonly packageDirectory: string;
  readonly python: string;
  readonly endpoints: StackEndpoints;
  /** Jobs at once where the file names no number. */
  readonly parallelJobs: number;
}

/**
 * The platform of the embedded stack: `windlass.yaml` plus the addresses its servers got.
 * @throws AdapterError `InvalidConfig`
 */
export function resolvePlatform(yamlText: string, context: PlatformContext): Platform {
  const file = parseWindlassFile(yamlText, context.yamlPath);
  const { endpoints } = context;
  return {
    schema: 'windlass.platform/v1',
    temporal: { address: endpoints.temporalAddress, namespace: 'default', uiUrl: endpoints.temporalUiUrl },
    store: { uri: storeUri(file, context) },
    mlflow: { url: endpoints.mlflowUrl },
    jobs: jobsOf(file, context),
    targets: Object.fromEntries(Object.keys(file.targets).map((name) => [name, targetOf(name, file, context)])),
    presets: file.presets,
    defaultTarget: file.defaultTarget,
  };
}

function jobsOf({ jobs }: WindlassFile, context: PlatformContext): JobsPlatform {
  if (jobs.runner === 'kubernetes') return { ...jobs, kubeconfig: besideFile(jobs.kubeconfig, context.yamlPath) };
  return {
    runner: 'process',
    python: context.python,
    packageDirectory: context.packageDirectory,
    directory: join(context.home, 'jobs'),
    maxParallel: jobs.maxParallel ?? context.parallelJobs,
  };
}

function besideFile(path: string | null, yamlPath: string): string | null {
  return path === null ? null : resolve(dirname(yamlPath), path);
}

function storeUri(file: WindlassFile, context: PlatformContext): string {
  const written = file.store.uri;
  const uri =
    written === undefined ? pathToFileURL(join(context.home, 'store')).href : absoluteUri(written, context.yamlPath);
  return uri.replace(/\/+$/, '');
}

function targetOf(name: string, file: WindlassFile, context: PlatformContext): TargetPlatform {
  const approval = file.targets[name]?.approval;
  if (approval === undefined) throw unknownTarget(name);
  return { approval, replicas: [replicaOf(name, context)] };
}

function replicaOf(target: string, context: PlatformContext): ReplicaPlatform {
  const endpoint = context.endpoints.targets[target];
  if (endpoint === undefined) throw unknownTarget(target);
  const directory = join(context.home, 'serving', target);
  return {
    name: `${target}-0`,
    grpcAddress: endpoint.grpcAddress,
    httpUrl: endpoint.httpUrl,
    repositoryDirectory: join(directory, 'models'),
    desiredDirectory: join(directory, 'desired'),
    secretFile: join(directory, 'secret'),
    machineFile: join(directory, 'machine.json'),
  };
}

function unknownTarget(name: string): AdapterError {
  return new AdapterError(
    'InvalidConfig',
    `target "${name}" of windlass.yaml has no running server: restart with windlass down, windlass up`,
    {
      system: 'platform',
    },
  );
}
