import type { Command } from 'commander';

import type { GenerateChunk, GenerateRequest } from '../../../contracts/inference.ts';
import type { Platform } from '../../../contracts/platform.ts';
import type { TargetModel } from '../../../contracts/serving.ts';
import { openInference } from '../../../protocols/triton/inference.ts';
import { readPlatform } from '../../stack-home.ts';
import { WindlassError } from '../../windlass-error.ts';
import type { OutputOptions } from '../cli-options.ts';
import {
  addJsonOption,
  addTargetOptions,
  parsePositiveInteger,
  parseTemperature,
  printResult,
} from '../cli-options.ts';
import { toAskError } from '../ask-error.ts';

interface AskOptions extends OutputOptions, TargetModel {
  readonly home?: string;
  readonly version?: number;
  readonly maxTokens: number;
  readonly temperature: number;
}

const timeoutMs = 120_000;

export function addAskCommand(program: Command): void {
  const command = program
    .command('ask')
    .description('ask a model that is live and print its answer as it comes')
    .argument('<prompt>', 'what to ask')
    .option('--version <number>', 'ask this version (default: the live one)', parsePositiveInteger)
    .option('--max-tokens <number>', 'longest answer', parsePositiveInteger, 96)
    .option('--temperature <number>', '0 always gives the likeliest answer', parseTemperature, 0)
    .option(
      '--home <directory>',
      'directory of the embedded stack (default: WINDLASS_HOME, else the nearest .windlass)',
    );
  addJsonOption(addTargetOptions(command)).action(ask);
}

async function ask(prompt: string, options: AskOptions): Promise<void> {
  const inference = openInference({ grpcAddress: addressOf(readPlatform(options), options.target) });
  const startedMs = performance.now();
  try {
    const answer = await collect(inference.generate(requestOf(prompt, options)), options);
    printAnswer({ prompt, options, answer, totalMs: performance.now() - startedMs });
  } catch (error) {
    throw toAskError(error, options);
  } finally {
    await inference.close();
  }
}

function addressOf(platform: Platform, target: string): string {
  const replica = platform.targets[target]?.replicas[0];
  if (replica !== undefined) return replica.grpcAddress;
  const known = Object.keys(platform.targets).join(', ');
  throw new WindlassError('NotFound', `there is no target "${target}"; targets are ${known}`);
}

function requestOf(prompt: string, options: AskOptions): GenerateRequest {
  const { model: modelName, maxTokens, temperature, version } = options;
  return {
    modelName,
    prompt,
    maxTokens,
    temperature,
    stream: true,
    timeoutMs,
    ...(version === undefined ? {} : { version }),
  };
}

interface Answer {
  readonly text: string;
  readonly last: GenerateChunk | null;
  readonly firstTokenMs: number | null;
}

async function collect(chunks: AsyncIterable<GenerateChunk>, options: AskOptions): Promise<Answer> {
  const startedMs = performance.now();
  let answer: Answer = { text: '', last: null, firstTokenMs: null };
  for await (const chunk of chunks) {
    if (options.json !== true) process.stdout.write(chunk.text);
    const firstTokenMs = answer.firstTokenMs ?? performance.now() - startedMs;
    answer = { text: answer.text + chunk.text, last: chunk, firstTokenMs };
  }
  return answer;
}

interface Asked {
  readonly prompt: string;
  readonly options: AskOptions;
  readonly answer: Answer;
  readonly totalMs: number;
}

function printAnswer({ prompt, options, answer, totalMs }: Asked): void {
  const { text, last, firstTokenMs } = answer;
  const document = {
    target: options.target,
    model: options.model,
    version: last?.modelVersion ?? null,
    prompt,
    answer: text,
    tokens: last?.tokenCount ?? 0,
    finishReason: last?.finishReason ?? null,
    firstTokenMs: firstTokenMs === null ? null : Math.round(firstTokenMs),
    totalMs: Math.round(totalMs),
  };
  printResult(options, document, ['']);
}
