import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { Platform } from '../../../src/contracts/platform.ts';
import { findInstallation } from '../../../src/stack/installation.ts';
import { readJsonFile, writeJsonFile } from '../../../src/stack/json-file.ts';
import type { ServerSpec } from '../../../src/stack/server-spec.ts';
import { findMarked } from '../../../src/stack/process-marks.ts';
import type { StackHome } from '../../../src/stack/stack-home.ts';
import { stackHome } from '../../../src/stack/stack-home.ts';
import { prepareStack, readPlatformSource } from '../../../src/stack/stack-plan.ts';
import { chooseSupervisor, stopLeftovers } from '../../../src/stack/stop-stack.ts';
import { Supervisor } from '../../../src/stack/supervisor.ts';
import { versitygwServer } from './versitygw-server.ts';

/*
 * `supervisor-main.ts <home> <platform file>`: the embedded stack as `windlass up` runs it, but for its workers, which have fault points
 * and are two of each kind, its jobs, which take a moment, and a target with two replicas.
 */

const chaosWorker = fileURLToPath(new URL('../workers/chaos-worker.ts', import.meta.url));
const chaosJobs = fileURLToPath(new URL('../jobs', import.meta.url));

function chaosServers(spec: ServerSpec): readonly ServerSpec[] {
  if (!spec.name.endsWith('-worker')) return [spec];
  const [part = ''] = spec.name.split('-');
  const worker = { ...spec, command: { ...spec.command, args: [chaosWorker, part] } };
  // Metrics have one port, which the first one listens at.
  const { WINDLASS_METRICS_ADDRESS: _, ...env } = worker.command.env;
  return [worker, { ...worker, name: `second-${spec.name}`, command: { ...worker.command, env } }];
}

/** Models of `twin` are served by both Tritons, those of `solo` by one. */
function giveTwinBothReplicas(platformFile: string): void {
  const platform = readJsonFile(platformFile) as Platform;
  const { solo, twin } = platform.targets;
  if (solo === undefined || twin === undefined) throw new TypeError('the platform file names no solo and twin');
  const replicas = [...twin.replicas, ...solo.replicas];
  writeJsonFile(platformFile, { ...platform, targets: { solo, twin: { ...twin, replicas } } });
}

async function supervise(home: StackHome, platformFile: string): Promise<void> {
  const first = chooseSupervisor(await findMarked(home.directory));
  if (first !== null && first.pid !== process.pid) return;
  await stopLeftovers(home, { jobs: false });
  const installation = { ...findInstallation(), jobsPackage: chaosJobs };
  const plan = await prepareStack(installation, home, readPlatformSource(platformFile));
  giveTwinBothReplicas(home.platformFile);
  const servers = [...versitygwServer(process.env), ...plan.servers.flatMap(chaosServers)];
  const supervisor = await Supervisor.start({ installation, home, plan: { ...plan, servers } });
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await supervisor.stop();
}

const [homeDirectory = '', platformFile = ''] = process.argv.slice(2);
await supervise(stackHome(homeDirectory), platformFile);
