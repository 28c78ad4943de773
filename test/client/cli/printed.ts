import { vi } from 'vitest';

/** What a command printed while this process stood in for one of its own. */
export interface Printed {
  stdout: string;
  stderr: string;
}

/** Until `vi.restoreAllMocks`, nothing reaches the terminal. */
export function capturePrinted(): Printed {
  const printed: Printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((...[text, ...rest]: readonly unknown[]) => {
      printed[name] += text instanceof Uint8Array ? Buffer.from(text).toString('utf8') : String(text);
      for (const callback of rest) if (typeof callback === 'function') Reflect.apply(callback, null, []);
      return true;
    });
  }
  return printed;
}
