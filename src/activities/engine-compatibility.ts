import type { MachineDescription } from '../ports/serving-replica.ts';

/**
 * Where an engine's manifest and a serving machine differ, in words; empty: it fits. An engine is bound to the version of its runtime
 * and to the processor features it was compiled for, as a TensorRT engine is to its GPU.
 */
export function mismatches(attributes: Readonly<Record<string, unknown>>, machine: MachineDescription): string[] {
  return [...runtimeMismatches(attributes, machine), ...featureMismatches(attributes, machine)];
}

function runtimeMismatches(attributes: Readonly<Record<string, unknown>>, machine: MachineDescription): string[] {
  const built = stringRecord(attributes['runtimeVersions']);
  return Object.entries(built)
    .filter(
      ([name, version]) => machine.runtimeVersions[name] !== undefined && machine.runtimeVersions[name] !== version,
    )
    .map(([name, version]) => `built with ${name} ${version}, it has ${machine.runtimeVersions[name] ?? 'none'}`);
}

function featureMismatches(attributes: Readonly<Record<string, unknown>>, machine: MachineDescription): string[] {
  const features = attributes['cpuFeatures'];
  if (!Array.isArray(features)) return [];
  const missing = features.filter((feature) => typeof feature === 'string' && !machine.cpuFeatures.includes(feature));
  return missing.length === 0 ? [] : [`it lacks the CPU features ${missing.join(', ')}`];
}

function stringRecord(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
