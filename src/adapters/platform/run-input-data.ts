import { z } from 'zod';
import {
  choiceOf,
  closedObject,
  flagField,
  integerField,
  integerOrNull,
  listOf,
  numberField,
  textOf,
} from './schema-fields.ts';

const sourceFormats = ['jsonl', 'parquet', 'csv', 'text'] as const;

const uriPhrase = 'file:///path or s3://bucket/key, with "*" in the last segment only';

/** `file:///…` or `s3://bucket/key` without `..`, credentials, query or white space. */
function isSourceUri(uri: string): boolean {
  const match = /^(?:file:\/\/|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(\/[^\s?#]+)$/.exec(uri);
  const segments = match?.[1]?.split('/') ?? [];
  const folders = segments.slice(0, -1);
  return segments.length > 1 && !segments.includes('..') && !folders.some((folder) => folder.includes('*'));
}

const sourceUri = z
  .string({ error: uriPhrase })
  .max(2000, { error: uriPhrase })
  .refine(isSourceUri, { error: uriPhrase })
  .meta({
    description: `Where rows come from: ${uriPhrase}. In a file, "./…" is relative to that file.`,
    pattern: '^(file:///|s3://|\\.{1,2}/)',
  });

const source = closedObject({
  uri: sourceUri,
  format: choiceOf(sourceFormats).optional().describe('Default: from the ending of the uri, else jsonl.'),
  fields: z
    .record(z.string(), textOf(1, 200), { error: 'an object of field names' })
    .optional()
    .describe('Our field → field of the source. pairs: prompt, response; text: text. Default: the same names.'),
});

const nearDedup = closedObject({
  enabled: flagField(true, 'Drop rows that nearly repeat an earlier one.'),
  threshold: numberField({
    from: 0.1,
    to: 1,
    preset: 0.8,
    about: 'Jaccard similarity from which two rows count as one.',
  }),
  shingleWords: integerField({ from: 1, to: 20, preset: 5, about: 'Words per shingle.' }),
  bands: integerField({ from: 1, to: 256, preset: 14, about: 'Bands of the locality-sensitive hash.' }),
  rows: integerField({ from: 1, to: 64, preset: 8, about: 'Hashes per band.' }),
});

const clean = closedObject({
  unicode: flagField(true, 'Repair broken Unicode and normalise to NFC.'),
  exactDedup: flagField(true, 'Drop exact repeats.'),
  nearDedup: nearDedup.prefault({}),
  minChars: integerField({ from: 0, to: 1_000_000, preset: 1, about: 'Shortest response (pairs) or text kept.' }),
  maxChars: integerField({ from: 1, to: 10_000_000, preset: 20_000, about: 'Longest response (pairs) or text kept.' }),
  minAlphaRatio: numberField({ from: 0, to: 1, preset: 0.4, about: 'Smallest share of letters.' }),
  maxRepeatRatio: numberField({ from: 0, to: 1, preset: 0.6, about: 'Largest share of repeated words.' }),
});

const share = (preset: number, about: string): z.ZodDefault<z.ZodNumber> =>
  numberField({ from: 0, to: 1, preset, about });

export const dataSchema = closedObject({
  kind: choiceOf(['pairs', 'text']).default('pairs').describe('Prompt and response, or plain text.'),
  sources: listOf(source, { from: 1, to: 100 }).optional().describe('Files to read.'),
  clean: clean.prefault({}),
  tokenize: closedObject({
    maxTokens: integerField({ from: 8, to: 131_072, preset: 512, about: 'Longest row in tokens.' }),
    overlong: choiceOf(['reject', 'truncate']).default('reject').describe('What happens to a longer row.'),
  }).prefault({}),
  split: closedObject({
    train: share(0.9, 'Share of the training split.'),
    validation: share(0.05, 'Share of the validation split.'),
    test: share(0.05, 'Share of the test split.'),
    salt: textOf(1, 100).default('windlass').describe('Changes which rows fall into which split.'),
  }).prefault({}),
  maxRows: integerOrNull({
    from: 1,
    to: 1_000_000_000,
    preset: null,
    about: 'Keep this many rows, chosen by hash; null keeps all.',
  }),
  workers: integerField({ from: 1, to: 256, preset: 2, about: 'Processes; never changes the result.' }),
}).describe('Where the rows come from and how they are cleaned, tokenized and split.');
