import { DefaultFailureConverter } from '@temporalio/common';

/** Message and stack of every failure as a payload, so that the codec encrypts them too. Loaded by the SDK, by path. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
