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
