import { userInfo } from 'node:os';

import type { ForkInput } from '../contracts/fork.ts';
import { isForkInput } from '../contracts/fork.ts';
import type { RunInput } from '../contracts/run-spec.ts';

/** Input as a caller gave it, with who asks; anything but an object is left for the server to refuse. */
export function withRequester<Input extends RunInput | ForkInput>(input: Input): Input {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  return isObject && input.requester === undefined ? { ...input, requester: currentUser() } : input;
}

/** The model as written; the server has not looked at it yet. */
export function modelOf(input: RunInput | ForkInput): unknown {
  return fieldsOf(input).model;
}

/** The line people see in the list of workflows. */
export function summaryOf(input: RunInput | ForkInput): string {
  if (isForkInput(input)) return `fork of ${input.fork?.run} at ${input.fork?.from}`.slice(0, 200);
  const { model, preset } = fieldsOf(input);
  const parts = [model, preset].filter((part) => typeof part === 'string');
  return parts.join(' · ').slice(0, 200);
}

export function currentUser(): string {
  return userInfo().username;
}

function fieldsOf(input: unknown): { readonly model?: unknown; readonly preset?: unknown } {
  return typeof input === 'object' && input !== null ? input : {};
}
