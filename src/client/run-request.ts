import { userInfo } from 'node:os';

import type { RunInput } from '../contracts/run-spec.ts';

/** Input as a caller gave it, with who asks; anything but an object is left for the server to refuse. */
export function withRequester(input: RunInput): RunInput {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  return isObject && input['requester'] === undefined ? { ...input, requester: currentUser() } : input;
}

/** The model as written; the server has not looked at it yet. */
export function modelOf(input: RunInput): unknown {
  return fieldsOf(input).model;
}

/** The line people see in the list of workflows. */
export function summaryOf(input: RunInput): string {
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
