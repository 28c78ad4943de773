import type { JsonObject } from '../../contracts/json.ts';

export interface ModelVersions {
  readonly modelName: string;
  /** Versions to be ready. */
  readonly versions: readonly number[];
}

/**
 * The one Triton configuration of every model Windlass serves, complete, so that nothing is left to auto-completion. Only `name` and
 * `version_policy` differ between two of them: Triton then leaves resident versions as they are; any other difference reloads all
 * (`ConfigChangeRequiresReload` in triton-inference-server/core).
 */
export function buildModelConfig({ modelName, versions }: ModelVersions): JsonObject {
  return {
    name: modelName,
    backend: 'python',
    default_model_filename: 'model.py',
    version_policy: { specific: { versions: [...versions].toSorted((one, other) => one - other) } },
    max_batch_size: 0,
    input: [
      { name: 'text_input', data_type: 'TYPE_STRING', dims: [1] },
      { name: 'max_tokens', data_type: 'TYPE_INT32', dims: [1], optional: true },
      { name: 'temperature', data_type: 'TYPE_FP32', dims: [1], optional: true },
      { name: 'stream', data_type: 'TYPE_BOOL', dims: [1], optional: true },
    ],
    output: [
      { name: 'text_output', data_type: 'TYPE_STRING', dims: [1] },
      { name: 'token_count', data_type: 'TYPE_INT32', dims: [1] },
      { name: 'cum_log_probs', data_type: 'TYPE_FP32', dims: [1] },
      { name: 'finish_reason', data_type: 'TYPE_STRING', dims: [1] },
    ],
    instance_group: [{ name: 'engine', kind: 'KIND_CPU', count: 1 }],
    model_transaction_policy: { decoupled: true },
  };
}
