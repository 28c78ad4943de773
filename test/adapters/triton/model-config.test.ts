import { expect, test } from 'vitest';
import { buildModelConfig } from '../../../src/adapters/triton/model-config.ts';

const config = buildModelConfig({ modelName: 'glossary', versions: [1, 2] });

test('two configurations differ in name and version policy only', () => {
  const {
    name: _name,
    version_policy: _policy,
    ...rest
  } = buildModelConfig({ modelName: 'glossary--candidate', versions: [3] });
  const { name, version_policy, ...others } = config;
  expect(rest).toEqual(others);
  expect([name, version_policy]).toEqual(['glossary', { specific: { versions: [1, 2] } }]);
});

test('versions are in ascending order, so that equal sets are equal configurations', () => {
  expect(buildModelConfig({ modelName: 'glossary', versions: [2, 1] })).toEqual(config);
  expect(buildModelConfig({ modelName: 'g', versions: [10, 9] })['version_policy']).toEqual({
    specific: { versions: [9, 10] },
  });
});

test('the interface is the one of docs/job-contract.md', () => {
  expect(config['input']).toEqual([
    { name: 'text_input', data_type: 'TYPE_STRING', dims: [1] },
    { name: 'max_tokens', data_type: 'TYPE_INT32', dims: [1], optional: true },
    { name: 'temperature', data_type: 'TYPE_FP32', dims: [1], optional: true },
    { name: 'stream', data_type: 'TYPE_BOOL', dims: [1], optional: true },
  ]);
  expect(config['output']).toEqual([
    { name: 'text_output', data_type: 'TYPE_STRING', dims: [1] },
    { name: 'token_count', data_type: 'TYPE_INT32', dims: [1] },
    { name: 'cum_log_probs', data_type: 'TYPE_FP32', dims: [1] },
    { name: 'finish_reason', data_type: 'TYPE_STRING', dims: [1] },
  ]);
  expect(config['model_transaction_policy']).toEqual({ decoupled: true });
});
