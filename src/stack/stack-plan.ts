import { mkdirSync, existsSync, readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { resolvePlatform } from '../adapters/platform/resolve-platform.ts';
import { parseWindlassFile } from '../adapters/platform/windlass-file.ts';
import type { StackEndpoints } from '../contracts/stack-state.ts';
import { readPayloadKeys } from '../protocols/temporal/payload-keys.ts';
import { choosePorts } from './free-ports.ts';
import type { Installation } from './installation.ts';
import { parallelJobs } from './parallel-jobs.ts';
import { writeJsonFile } from './json-file.ts';
import type { PortPlan } from './port-plan.ts';
import { endpointsFromPorts } from './port-plan.ts';
import { probePython } from './python-environment.ts';
import type { ServerSpec } from './server-spec.ts';
import { buildCodecServer } from './servers/codec-server.ts';
import { buildMlflowServer } from './servers/mlflow-server.ts';
import { buildTemporalServer } from './servers/temporal-server.ts';
import { buildTritonServer } from './servers/triton-server.ts';
import { buildWorkers } from './servers/workers.ts';
import { StackError } from './stack-error.ts';
import type { StackHome } from './stack-home.ts';
import { homeDirectories, targetHome } from './stack-home.ts';
import { ensureSecret, linkTritonBackends, removeSharedMemory, writeMachineFiles } from './triton-files.ts';

/** What a supervisor runs. */
export interface StackPlan {
  readonly servers: readonly ServerSpec[];
  readonly endpoints: StackEndpoints;
}

/** The platform file and the targets it names. */
export interface PlatformSource {
  readonly yamlPath: string;
  readonly yamlText: string;
  readonly targets: readonly string[];
}

/**
 * Reads the platform file; without one the defaults hold (an empty file is a valid one).
 * @throws StackError where a named file does not exist. @throws AdapterError `InvalidConfig` where it is wrong.
 */
export function readPlatformSource(platformFile: string | undefined): PlatformSource {
  const yamlPath = resolve(platformFile ?? 'windlass.yaml');
  if (platformFile !== undefined && !existsSync(yamlPath)) {
    throw new StackError(`the platform file ${yamlPath} does not exist: name another with --platform`);
  }
  const yamlText = existsSync(yamlPath) ? readFileSync(yamlPath, 'utf8') : '';
  return { yamlPath, yamlText, targets: Object.keys(parseWindlassFile(yamlText, yamlPath).targets) };
}

/** Makes the home ready for its servers (directories, ports, secrets, `platform.json`) and says how each is started. */
export async function prepareStack(
  installation: Installation,
  home: StackHome,
  source: PlatformSource,
): Promise<StackPlan> {
  for (const directory of homeDirectories(home, source.targets)) mkdirSync(directory, { recursive: true });
  const ports = await choosePorts(home.portsFile, source.targets);
  const endpoints = endpointsFromPorts(ports);
  writePlatform(installation, home, { ...source, endpoints });
  const tritons = await prepareTritons(installation, home, { targets: source.targets, ports });
  const codecServers = readPayloadKeys(process.env).length === 0 ? [] : [buildCodecServer(installation, ports)];
  const servers = [
    buildTemporalServer(installation, home, { ports, isEncrypted: codecServers.length > 0 }),
    buildMlflowServer(installation, home, ports),
    ...codecServers,
    ...tritons,
  ];
  return { servers: [...servers, ...buildWorkers(installation, home, ports)], endpoints };
}

function writePlatform(
  installation: Installation,
  home: StackHome,
  source: PlatformSource & { readonly endpoints: StackEndpoints },
): void {
  const platform = resolvePlatform(source.yamlText, {
    yamlPath: source.yamlPath,
    home: home.directory,
    packageDirectory: installation.jobsPackage,
    python: installation.python,
    endpoints: source.endpoints,
    parallelJobs: parallelJobs({ cores: availableParallelism(), memoryBytes: totalmem() }),
  });
  writeJsonFile(home.platformFile, platform);
}

interface TritonPlan {
  readonly targets: readonly string[];
  readonly ports: PortPlan;
}

async function prepareTritons(
  installation: Installation,
  home: StackHome,
  plan: TritonPlan,
): Promise<readonly ServerSpec[]> {
  const python = await probePython(installation.python);
  linkTritonBackends(home, python);
  writeMachineFiles(home, plan.targets, python);
  removeSharedMemory(home);
  return plan.targets.flatMap((target) => {
    const ports = plan.ports.targets[target];
    if (ports === undefined) return [];
    return [
      buildTritonServer({ target, home, ports, python, secret: ensureSecret(targetHome(home, target).secretFile) }),
    ];
  });
}
