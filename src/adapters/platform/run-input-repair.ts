import { choiceOf, closedObject, integerField } from './schema-fields.ts';

export const repairSchema = closedObject({
  onFailure: choiceOf(['park', 'fail'])
    .default('park')
    .describe('park: the run waits for a repair (windlass retry); fail: it ends.'),
  expiresSeconds: integerField({
    from: 1,
    to: 31_536_000,
    preset: 604_800,
    about: 'How long a parked run waits for a repair; then it fails.',
  }),
}).describe('What happens when a job stage fails for good.');
