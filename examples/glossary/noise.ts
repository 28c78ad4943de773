import type { Row } from './make-corpus.ts';

/** Rows that data preparation must reject: one or more for each of its reason codes (docs/job-contract.md). */
export function rowsToReject(clean: readonly Row[]): Row[] {
  const sample = clean.slice(0, 8);
  return [
    ...sample.slice(0, 3).map(({ prompt }) => ({ prompt, response: '   ' })), // empty
    { prompt: 'Define the noun "ox".', response: 'ox' }, // too-short
    { prompt: 'Define the noun "epic".', response: longText(4000) }, // too-long
    { prompt: 'Define the noun "total".', response: '12 + 34 = 46; 46 - 12 = 34; 7 * 8 = 56' }, // low-quality
    { prompt: 'Define the noun "echo".', response: 'again and again '.repeat(14).trim() }, // repetitive
    ...sample, // exact-duplicate
    ...sample.slice(3, 6).map(nearDuplicateOf), // near-duplicate
    { prompt: 'Define the noun "queue".', response: longText(1800) }, // too-many-tokens
    { prompt: 'Define the noun "garble".', response: 'a text whose \uFFFD\uFFFD\uFFFD bytes were lost on the way' }, // not-utf8-text
  ];
}

/** The same text with a changed full stop and spacing: another hash, the same words. */
function nearDuplicateOf({ prompt, response }: Row): Row {
  return { prompt, response: `${response.replace(' ', '  ')}.` };
}

/** Different words up to a length, so that no other rule catches the row first. */
function longText(length: number): string {
  const words: string[] = [];
  for (let index = 0; words.join(' ').length < length; index++) words.push(wordOf(index));
  return words.join(' ').slice(0, length);
}

function wordOf(index: number): string {
  const letters = 'etaoinshrdlu';
  const pick = (divisor: number): string => letters.charAt(Math.floor(index / divisor) % letters.length);
  return `${pick(1)}a${pick(12)}e${pick(144)}`;
}
