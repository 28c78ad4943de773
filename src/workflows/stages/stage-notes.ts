/** The line of a stage that took another run's result; `sharedWith`: the run that made it while this one waited. */
export function reusedNote(note: string, sharedWith: string | undefined): string {
  return sharedWith === undefined ? `reused · ${note}` : `shared with run ${sharedWith} · ${note}`;
}

/** The line of a stage that was worked off, for itself and for runs that waited for it. */
export function doneNote(note: string, sharedWith: readonly string[]): string {
  const [first, ...others] = sharedWith;
  if (first === undefined) return note;
  const runs = others.length === 0 ? `run ${first}` : `${sharedWith.length} runs: ${sharedWith.join(', ')}`;
  return `${note} · shared with ${runs}`;
}

/** The line of a stage that had to be done again, as the bytes of its artifact were not those that were committed. */
export function rebuiltNote(note: string, wasDiscarded: boolean): string {
  return wasDiscarded ? `rebuilt, its artifact was damaged · ${note}` : note;
}
