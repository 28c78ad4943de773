import { fileURLToPath } from 'node:url';

import type { DataConverter } from '@temporalio/common';

import { createPayloadCodec } from './payload-codec.ts';
import type { PayloadKeys } from './payload-keys.ts';

/** What every client needs: without keys it writes plain payloads, and says what is missing when it meets an encrypted one. */
export function clientDataConverter(keys: PayloadKeys): DataConverter {
  return { payloadCodecs: [createPayloadCodec(keys)] };
}

/** Workers write failures too. Their workflow bundle must be made with the same `failureConverterPath`. */
export function workerDataConverter(keys: PayloadKeys): DataConverter {
  return { ...clientDataConverter(keys), ...(keys.length === 0 ? {} : { failureConverterPath: encodedFailuresPath }) };
}

/** Beside this file in sources (.ts) and in the build (.js) alike. */
export const encodedFailuresPath = fileURLToPath(
  new URL(`./encoded-failures.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
);
