import { say } from '../../../examples/glossary/follow.ts';

const startedMs = performance.now();

export function chapter(title: string): void {
  say(`\n■ ${title}  (${elapsed()})`);
}

/** Since the start, as minutes and seconds. */
export function elapsed(): string {
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
