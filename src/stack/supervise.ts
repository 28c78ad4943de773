import { once } from 'node:events';
import { findInstallation } from './installation.ts';
import { findMarked } from './process-marks.ts';
import type { StackHome } from './stack-home.ts';
import { prepareStack, readPlatformSource } from './stack-plan.ts';
import { chooseSupervisor, stopLeftovers } from './stop-stack.ts';
import { Supervisor } from './supervisor.ts';

/**
 * The detached process behind `up`: starts the servers and watches them until SIGTERM. Of two that were started at once the younger
 * gives way: both carry the mark before they look, so exactly one finds an older one.
 */
export async function runSupervisor(home: StackHome, platformFile: string | undefined): Promise<void> {
  const first = chooseSupervisor(await findMarked(home.directory));
  if (first !== null && first.pid !== process.pid) return;
  await stopLeftovers(home, { jobs: false });
  const installation = findInstallation();
  const plan = await prepareStack(installation, home, readPlatformSource(platformFile));
  const supervisor = await Supervisor.start({ installation, home, plan });
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await supervisor.stop();
}
