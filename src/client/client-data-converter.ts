import type { DataConverter } from '@temporalio/common';

import { clientDataConverter } from '../protocols/temporal/data-converter.ts';
import { readPayloadKeys } from '../protocols/temporal/payload-keys.ts';
import { keyError } from './windlass-error.ts';

/** Encrypts payloads where the environment names keys. @throws WindlassError when it names them wrong */
export function dataConverterOf(environment: NodeJS.ProcessEnv): DataConverter {
  try {
    return clientDataConverter(readPayloadKeys(environment));
  } catch (error) {
    throw keyError(error) ?? error;
  }
}
