import type { PortGuard, PortName } from '../../../src/workers/port-guard.ts';
import { currentPlace } from './activity-place.ts';
import { claimFault } from './armed-faults.ts';
import type { ChaosFiles } from './chaos-files.ts';
import type { ArmedFault, FaultCell, PointName } from '../plan/fault.ts';
import { strike } from './strike.ts';

type Method = (...args: unknown[]) => unknown;

/** Puts a fault point before and after every call of every port. */
export function createFaultGuard(files: ChaosFiles): PortGuard {
  return (name, port) =>
    new Proxy(port, {
      get: (target, key, receiver) => {
        const member: unknown = Reflect.get(target, key, receiver);
        if (typeof member !== 'function' || typeof key !== 'string') return member;
        return faultyMethod(files, { name, key, method: member.bind(target) as Method });
      },
    });
}

interface GuardedMethod {
  readonly name: PortName;
  readonly key: string;
  readonly method: Method;
}

function faultyMethod(files: ChaosFiles, { name, key, method }: GuardedMethod): Method {
  const point: PointName = `${name}.${key}`;
  return (...args) => {
    const pass = async (when: FaultCell['when']): Promise<ArmedFault | null> => {
      const place = currentPlace();
      const fault = place === null ? null : claimFault(files, { ...place, point, when }, jobOf(args[0]));
      if (fault !== null) await strike(files, fault);
      return fault;
    };
    return streams.has(point) ? faultyStream(pass, () => method(...args)) : faultyCall(pass, () => method(...args));
  };
}

const streams: ReadonlySet<string> = new Set([
  'serving-replica.generate',
  'object-store.list',
  'object-store.listUnfinished',
  'model-registry.listVersions',
  'workflow-executions.list',
]);

type Pass = (when: FaultCell['when']) => Promise<ArmedFault | null>;

async function faultyCall(pass: Pass, call: () => unknown): Promise<unknown> {
  const fault = await pass('before');
  if (fault?.kind === 'duplicate') await call();
  const answer = await call();
  await pass('after');
  return answer;
}

async function* faultyStream(pass: Pass, call: () => unknown): AsyncGenerator {
  await pass('before');
  yield* call() as AsyncIterable<unknown>;
  await pass('after');
}

/** A job's document or handle has its name. */
function jobOf(request: unknown): string | null {
  if (typeof request !== 'object' || request === null) return null;
  if ('jobName' in request && typeof request.jobName === 'string') return request.jobName;
  return 'outputUri' in request && 'name' in request && typeof request.name === 'string' ? request.name : null;
}
