import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GenerateChunk, GenerateRequest } from '../../../src/contracts/inference.ts';
import { openControl } from '../../../src/protocols/triton/control.ts';
import { openInference } from '../../../src/protocols/triton/inference.ts';
import type { ReplicaBench } from '../../adapters/triton/replica-bench.ts';
import { openBench } from '../../adapters/triton/replica-bench.ts';

let bench: ReplicaBench;
beforeAll(async () => {
  bench = await openBench();
  await serve('echo', { logProb: -0.25 });
  await serve('slow', { tokenSeconds: 0.2 });
  await serve('broken', { answer: '!error' });
});
afterAll(async () => bench.stop());

test('an answer streams token by token, with counts and log-probabilities so far', async () => {
  const chunks = await ask({ modelName: 'echo', prompt: 'über die Brücke', stream: true });
  expect(chunks).toEqual([
    { text: 'über', tokenCount: 1, cumLogProbs: -0.25, finishReason: '', modelVersion: 1 },
    { text: ' die', tokenCount: 2, cumLogProbs: -0.5, finishReason: '', modelVersion: 1 },
    { text: ' Brücke', tokenCount: 3, cumLogProbs: -0.75, finishReason: 'stop', modelVersion: 1 },
  ]);
});

test('an unstreamed answer is one chunk, no longer than asked for', async () => {
  const chunks = await ask({ modelName: 'echo', prompt: 'a b c d', stream: false, maxTokens: 2 });
  expect(chunks).toEqual([{ text: 'a b', tokenCount: 2, cumLogProbs: -0.5, finishReason: 'stop', modelVersion: 1 }]);
});

test('a prompt of a megabyte passes', async () => {
  const word = 'x'.repeat(1_000_000);
  const chunks = await ask({ modelName: 'echo', prompt: word, stream: false });
  expect(chunks[0]?.text).toBe(word);
});

test('forty answers run at a time over one connection', async () => {
  const client = openInference(bench.server);
  const prompts = Array.from({ length: 40 }, (_, index) => `prompt ${index}`);
  const texts = await Promise.all(
    prompts.map(async (prompt) => textOf(client.generate(requestOf({ modelName: 'echo', prompt })))),
  );
  expect(texts).toEqual(prompts);
  await client.close();
});

test('an unknown model and an unknown version are the errors of the server', async () => {
  await expect(ask({ modelName: 'nobody' })).rejects.toMatchObject({
    reason: expect.stringContaining('unknown model') as unknown,
  });
  await expect(ask({ modelName: 'echo', version: 9 })).rejects.toMatchObject({ name: 'TritonCallError' });
});

test('an error inside the stream is an error of the answer', async () => {
  await expect(ask({ modelName: 'broken' })).rejects.toMatchObject({
    status: 'IN_STREAM',
    reason: expect.stringContaining('the engine ran out of memory') as unknown,
  });
});

test('an answer that is not complete in time fails, after the tokens that came', async () => {
  const texts: string[] = [];
  const answering = async (): Promise<void> => {
    const client = openInference(bench.server);
    for await (const { text } of client.generate(requestOf({ modelName: 'slow', timeoutMs: 500 }))) texts.push(text);
  };
  await expect(answering()).rejects.toMatchObject({ status: 'DEADLINE_EXCEEDED' });
  expect(texts.length).toBeGreaterThan(0);
});

test('leaving an answer early lets the server finish it, and closing waits for that', async () => {
  const client = openInference(bench.server);
  const before = await successes('slow');
  for await (const chunk of client.generate(requestOf({ modelName: 'slow', prompt: 'a b c d e' }))) {
    expect(chunk.text).toBe('a');
    break;
  }
  await client.close();
  expect(await successes('slow')).toBe(before + 1);
});

test('a server that is away is an error at once', async () => {
  const client = openInference({ grpcAddress: '127.0.0.1:1' });
  await expect(textOf(client.generate(requestOf({ modelName: 'echo' })))).rejects.toMatchObject({
    status: 'UNAVAILABLE',
  });
  await client.close();
});

async function serve(model: string, behaviour: Parameters<ReplicaBench['publish']>[2]): Promise<void> {
  await bench.publish(model, 1, behaviour ?? {});
  await bench.replica.showVersions({ model, versions: [1], fence: 1 });
}

async function ask(
  request: Partial<GenerateRequest> & { readonly modelName: string },
): Promise<readonly GenerateChunk[]> {
  const client = openInference(bench.server);
  try {
    return await Array.fromAsync(client.generate(requestOf(request)));
  } finally {
    await client.close();
  }
}

function requestOf(request: Partial<GenerateRequest> & { readonly modelName: string }): GenerateRequest {
  return { prompt: 'a b c d', maxTokens: 8, temperature: 0, stream: true, timeoutMs: 10_000, ...request };
}

async function textOf(chunks: AsyncIterable<GenerateChunk>): Promise<string> {
  let whole = '';
  for await (const { text } of chunks) whole += text;
  return whole;
}

/** Requests that the server has carried out to their end. */
async function successes(name: string): Promise<number> {
  const control = openControl(bench.server);
  const [statistics] = await control.modelStatistics({ name }).finally(() => control.close());
  return Number(statistics?.inference_count ?? 0);
}
