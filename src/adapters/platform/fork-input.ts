import { z } from 'zod';
import { stageNames } from '../../contracts/stage.ts';
import { choiceOf, closedObject, textOf } from './schema-fields.ts';

/** The other form of a run input: a run that begins where another one stood before a stage. */
export const forkInputSchema = closedObject({
  fork: closedObject({
    run: textOf(1, 200),
    from: choiceOf(stageNames),
    set: z
      .record(z.string(), z.json(), { error: 'fields by their paths, such as {"train.learningRate":0.0001}' })
      .default({}),
  }),
  requester: textOf(1, 100).default('unknown'),
});
