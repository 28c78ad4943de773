/** A training of a small model with its optimizer, as the presets have it, fits. */
const bytesOfJob = 4 * 2 ** 30;

/** How many jobs a machine bears at once: each wants a core and memory of its own; one there always is. */
export function parallelJobs(machine: { readonly cores: number; readonly memoryBytes: number }): number {
  return Math.max(1, Math.min(machine.cores, Math.floor(machine.memoryBytes / bytesOfJob)));
}
