import { randomUUID } from 'node:crypto';
import type { GenerateChunk, GenerateRequest } from '../../contracts/inference.ts';
import { callErrorFrom, TritonCallError } from './call-error.ts';
import type { TritonChannel } from './channel.ts';
import { openChannel } from './channel.ts';
import type { InferRequest, InferResponse, StreamInferResponse } from './messages.ts';
import { ResponseQueue } from './response-queue.ts';
import { booleanTensor, float32Tensor, int32Tensor, readFloat32, readInt32, readText, textTensor } from './tensors.ts';

/** Asks served models over one connection; any number of answers at a time. */
export interface InferenceClient {
  /**
   * Streams one answer. Leaving the loop early, or a deadline, does not cancel the stream on the server (servers before 25.04 can crash
   * on it): the rest of the answer is read and dropped in the background.
   * @throws TritonCallError `DEADLINE_EXCEEDED` when the answer is not complete within `timeoutMs`, else the server's own status
   */
  generate(request: GenerateRequest): AsyncIterable<GenerateChunk>;
  /** Waits for answers that still run, at most 5 s, then closes the connection. */
  close(): Promise<void>;
}

const method = 'ModelStreamInfer';
const closeTimeoutMs = 5_000;

export function openInference({ grpcAddress }: { readonly grpcAddress: string }): InferenceClient {
  const channel = openChannel({ grpcAddress });
  const running = new Set<Promise<void>>();
  return {
    generate: (request) => streamAnswer(channel, request, running),
    close: async () => {
      await Promise.race([Promise.all(running), after(closeTimeoutMs)]);
      channel.close();
    },
  };
}

async function* streamAnswer(
  channel: TritonChannel,
  request: GenerateRequest,
  running: Set<Promise<void>>,
): AsyncGenerator<GenerateChunk> {
  const responses = sendRequest(channel, request);
  running.add(responses.ended);
  void responses.ended.then(() => running.delete(responses.ended));
  const timer = setTimeout(() => responses.fail(tooSlow(request)), request.timeoutMs);
  try {
    yield* chunksOf(responses);
  } finally {
    clearTimeout(timer);
    responses.ignoreRest();
  }
}

function sendRequest(channel: TritonChannel, request: GenerateRequest): ResponseQueue<StreamInferResponse> {
  const stream = channel.stream<InferRequest, StreamInferResponse>(method);
  const responses = new ResponseQueue<StreamInferResponse>();
  stream.on('data', (response: StreamInferResponse) => responses.push(response));
  stream.on('error', (error: Error) => {
    responses.fail(callErrorFrom(error, method));
    responses.finish();
  });
  stream.on('end', () => responses.finish());
  stream.write(inferRequest(request));
  stream.end();
  return responses;
}

async function* chunksOf(responses: ResponseQueue<StreamInferResponse>): AsyncGenerator<GenerateChunk> {
  for (;;) {
    const response = await responses.next();
    if (response === null) throw broken('the stream ended before the final response');
    if (response.error_message !== '') throw broken(response.error_message);
    const answer = response.infer_response;
    if (answer === null) continue;
    if (answer.outputs.length > 0) yield chunkOf(answer);
    if (answer.parameters['triton_final_response']?.bool_param === true) return;
  }
}

function inferRequest(request: GenerateRequest): InferRequest {
  const inputs = [
    textTensor('text_input', request.prompt),
    int32Tensor('max_tokens', request.maxTokens),
    float32Tensor('temperature', request.temperature),
    booleanTensor('stream', request.stream),
  ];
  return {
    model_name: request.modelName,
    model_version: request.version === undefined ? '' : String(request.version),
    id: randomUUID(),
    parameters: { triton_enable_empty_final_response: { bool_param: true } },
    inputs: inputs.map((input) => input.tensor),
    raw_input_contents: inputs.map((input) => input.raw),
  };
}

function chunkOf(response: InferResponse): GenerateChunk {
  return {
    text: readText(response, 'text_output'),
    tokenCount: readInt32(response, 'token_count'),
    cumLogProbs: readFloat32(response, 'cum_log_probs'),
    finishReason: readText(response, 'finish_reason'),
    modelVersion: Number(response.model_version),
  };
}

function broken(reason: string): TritonCallError {
  return new TritonCallError({ status: 'IN_STREAM', method, reason });
}

function tooSlow({ modelName, timeoutMs }: GenerateRequest): TritonCallError {
  const reason = `${modelName} did not complete its answer within ${timeoutMs} ms`;
  return new TritonCallError({ status: 'DEADLINE_EXCEEDED', method, reason });
}

async function after(timeoutMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, timeoutMs).unref());
}
