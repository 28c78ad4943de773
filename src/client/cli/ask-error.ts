import type { TargetModel } from '../../contracts/serving.ts';
import { TritonCallError } from '../../protocols/triton/call-error.ts';
import { WindlassError } from '../windlass-error.ts';

/** What a failed question means: no server, no such model there, or the model's own refusal. */
export function toAskError(error: unknown, { target, model }: TargetModel): unknown {
  if (!(error instanceof TritonCallError)) return error;
  if (/unknown model|no available versions|is not ready|not found/i.test(error.reason)) {
    const advice = `See "windlass releases --target ${target} --model ${model}".`;
    return new WindlassError('NotFound', `${target} serves no such model: ${error.reason}`, { cause: error, advice });
  }
  if (error.status === 'UNAVAILABLE' || error.status === 'DEADLINE_EXCEEDED') {
    return new WindlassError('ServerUnreachable', `${target} gives no answer: ${error.reason}`, { cause: error });
  }
  const advice = 'Read the reason of the server; its log is in the directory of the stack.';
  return new WindlassError('Unexpected', `${model} on ${target} failed to answer: ${error.reason}`, {
    cause: error,
    advice,
  });
}
