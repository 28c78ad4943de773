import { z } from 'zod';

/**
 * Builders of the leaves of a schema. Every leaf carries one phrase that says what is allowed; it is the message of each of its zod
 * issues, so that a wrong type and a wrong range read alike: `found "0,9" (string); expected a number from 0 to 1`.
 */
export interface NumberField {
  readonly from: number;
  readonly to: number;
  readonly about: string;
}

export function numberField(field: NumberField & { readonly preset: number }): z.ZodDefault<z.ZodNumber> {
  return boundedNumber(field, '').default(field.preset).describe(field.about);
}

export function integerField(field: NumberField & { readonly preset: number }): z.ZodDefault<z.ZodNumber> {
  return boundedInteger(field, '').default(field.preset).describe(field.about);
}

/** An integer without a default. */
export function requiredInteger(field: NumberField): z.ZodNumber {
  return boundedInteger(field, '').describe(field.about);
}

export function numberOrNull(
  field: NumberField & { readonly preset: number | null },
): z.ZodDefault<z.ZodNullable<z.ZodNumber>> {
  return boundedNumber(field, ', or null').nullable().default(field.preset).describe(field.about);
}

export function integerOrNull(
  field: NumberField & { readonly preset: number | null },
): z.ZodDefault<z.ZodNullable<z.ZodNumber>> {
  return boundedInteger(field, ', or null').nullable().default(field.preset).describe(field.about);
}

export function flagField(preset: boolean, about: string): z.ZodDefault<z.ZodBoolean> {
  return z.boolean({ error: 'true or false' }).default(preset).describe(about);
}

export function choiceOf<const T extends readonly [string, ...string[]]>(
  choices: T,
): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(choices, { error: choicePhrase(choices) });
}

export function choicePhrase(choices: readonly string[]): string {
  const quoted = choices.map((choice) => JSON.stringify(choice));
  return quoted.length === 1 ? (quoted[0] ?? '') : `one of ${quoted.join(', ')}`;
}

export function textOf(minChars: number, maxChars: number): z.ZodString {
  const error = `a text of ${minChars} to ${maxChars} characters`;
  return z.string({ error }).min(minChars, { error }).max(maxChars, { error });
}

export function listOf<T extends z.ZodType>(
  item: T,
  bounds: { readonly from: number; readonly to: number },
): z.ZodArray<T> {
  const error = `a list of ${bounds.from} to ${bounds.to} entries`;
  return z.array(item, { error }).min(bounds.from, { error }).max(bounds.to, { error });
}

/** An object that refuses unknown fields; the issue's message then is {@link parseAllowedFields}' list of the known ones. */
export function closedObject<T extends z.core.$ZodShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  const allowed = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? allowed : 'an object'),
  });
}

export function parseAllowedFields(message: string): readonly string[] {
  return message.split(', ');
}

/** Names of models, targets, presets and base models: they become directory names, MLflow names and Triton names. */
export function nameField(): z.ZodString {
  const error = 'a name of lower-case letters, digits and "-" that starts with a letter, 48 characters at most';
  return z.string({ error }).regex(/^[a-z][a-z0-9-]{0,47}$/, { error });
}

function boundedNumber(field: NumberField, suffix: string): z.ZodNumber {
  const error = `a number from ${field.from} to ${field.to}${suffix}`;
  return z.number({ error }).min(field.from, { error }).max(field.to, { error });
}

function boundedInteger(field: NumberField, suffix: string): z.ZodNumber {
  const error = `a whole number from ${field.from} to ${field.to}${suffix}`;
  return z.int({ error }).min(field.from, { error }).max(field.to, { error });
}
