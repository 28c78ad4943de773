import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import type { Platform } from '../contracts/platform.ts';
import type { StackState } from '../contracts/stack-state.ts';
import { WindlassError } from './windlass-error.ts';

export interface HomeLookup {
  /** Directory of the embedded stack (`.windlass`); default: `WINDLASS_HOME`, else the nearest `.windlass` from here upwards. */
  readonly home?: string | undefined;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Null: there is none. */
export function findHome({ home, cwd = process.cwd(), env = process.env }: HomeLookup): string | null {
  const named = home ?? nonEmpty(env['WINDLASS_HOME']);
  return named === undefined ? nearestHome(cwd) : resolve(cwd, named);
}

export interface AddressLookup extends HomeLookup {
  /** host:port of Temporal. */
  readonly address?: string | undefined;
  readonly namespace?: string | undefined;
}

export interface ServerAddress {
  readonly address: string;
  readonly namespace: string;
}

/**
 * Where Temporal is: option, then `TEMPORAL_ADDRESS`, then the running embedded stack.
 * @throws WindlassError `ServerUnreachable` when nothing says where
 */
export function findServer(lookup: AddressLookup): ServerAddress {
  const env = lookup.env ?? process.env;
  const namespace = lookup.namespace ?? nonEmpty(env['TEMPORAL_NAMESPACE']) ?? 'default';
  const named = lookup.address ?? nonEmpty(env['TEMPORAL_ADDRESS']);
  if (named !== undefined) return { address: named, namespace };
  const home = findHome(lookup);
  const address = home === null ? undefined : readStackState(home)?.endpoints.temporalAddress;
  if (address !== undefined) return { address, namespace };
  const where = home === null ? 'there is no .windlass directory here or above' : `${home} holds no running stack`;
  throw new WindlassError('ServerUnreachable', `no Temporal address: ${where}, and TEMPORAL_ADDRESS is not set`);
}

/** `<home>/state.json`; null where nothing was started or the file is torn. */
export function readStackState(home: string): StackState | null {
  const state = readJson(join(home, 'state.json')) as StackState | null;
  return state?.schema === 'windlass.stack/v1' ? state : null;
}

/**
 * `<home>/platform.json`: targets, store and job directories.
 * @throws WindlassError `ServerUnreachable` when the stack never ran
 */
export function readPlatform(lookup: HomeLookup): Platform {
  const home = findHome(lookup);
  const platform = home === null ? null : (readJson(join(home, 'platform.json')) as Platform | null);
  if (platform?.schema === 'windlass.platform/v1') return platform;
  const where = home === null ? 'there is no .windlass directory here or above' : `${home} holds no platform.json`;
  throw new WindlassError('ServerUnreachable', `the platform is not known: ${where}`);
}

function nearestHome(cwd: string): string | null {
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    const candidate = join(directory, '.windlass');
    if (existsSync(candidate)) return candidate;
    if (dirname(directory) === directory) return null;
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    return null;
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
