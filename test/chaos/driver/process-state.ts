import { readFileSync } from 'node:fs';

/** Whether a process goes on: it is neither stopped nor gone. */
export function isAtWork(pid: number): boolean {
  return /^[RSD]$/u.test(stateOf(pid));
}

/** The letter of proc_pid_stat(5), after the name, which may hold brackets; empty: there is no such process. */
function stateOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3);
  } catch {
    return '';
  }
}
