import { closedObject, integerField, integerOrNull } from './schema-fields.ts';

const hour = 3600;
const day = 24 * hour;
const longest = 365 * day;

/** Generous: they are to catch what hangs, not what is slow. */
export const timeoutsSchema = closedObject({
  'prepare-data': secondsField(day, 'Seconds that one attempt of the job may run.'),
  train: secondsField(7 * day, 'Seconds that one attempt of the job may run.'),
  convert: secondsField(6 * hour, 'Seconds that one attempt of the job may run.'),
  'build-engine': secondsField(12 * hour, 'Seconds that one attempt of the job may run.'),
  evaluate: secondsField(day, 'Seconds that one attempt of the job may run.'),
  deploy: secondsField(2 * hour, 'Seconds from the lease of the target to the commit, smoke test included.'),
  'smoke-test': secondsField(hour, 'Seconds that the smoke test may take.'),
}).describe('How long each stage may take; time in a queue, for a lease or for a decision does not count.');

/** Off where a job says nothing for as long as one of its steps lasts, which may be most of it. */
export const stallTimeoutsSchema = closedObject({
  'prepare-data': silenceField(null),
  train: silenceField(6 * hour),
  convert: silenceField(null),
  'build-engine': silenceField(null),
  evaluate: silenceField(6 * hour),
}).describe('How long the job of a stage may run without a progress line; then it is stopped and tried again.');

function silenceField(preset: number | null): ReturnType<typeof integerOrNull> {
  const about = 'Seconds that the job may run without a progress line; null = for ever.';
  return integerOrNull({ from: 1, to: longest, preset, about });
}

function secondsField(preset: number, about: string): ReturnType<typeof integerField> {
  return integerField({ from: 1, to: longest, preset, about });
}
