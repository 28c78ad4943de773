import { once } from 'node:events';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import type { PortPlan } from './port-plan.ts';
import { parsePortPlan, planPorts, portCount, portsOf } from './port-plan.ts';

/** Chooses the ports and writes them down. All are held while choosing, so that none is given out twice. */
export async function choosePorts(portsFile: string, targets: readonly string[]): Promise<PortPlan> {
  const previous = parsePortPlan(readJsonFile(portsFile));
  const kept = await holdAll(previous === null ? [] : portsOf(previous));
  const fresh = await holdAll(Array.from({ length: portCount(targets) }, () => 0));
  const plan = planPorts(previous, targets, { free: new Set(kept.map(portOf)), fresh: fresh.map(portOf) });
  await Promise.all([...kept, ...fresh].map(release));
  writeJsonFile(portsFile, plan);
  return plan;
}

/** False where somebody else listens on it. */
export async function isPortFree(port: number): Promise<boolean> {
  const held = await hold(port);
  if (held !== null) await release(held);
  return held !== null;
}

async function holdAll(ports: readonly number[]): Promise<readonly Server[]> {
  const held = await Promise.all(ports.map(hold));
  return held.filter((server) => server !== null);
}

async function hold(port: number): Promise<Server | null> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return null;
  }
}

async function release(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a listening TCP server has a port');
  return address.port;
}
