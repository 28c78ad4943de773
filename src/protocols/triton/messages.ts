/** Messages as proto-loader gives and takes them: field names of the protocol, 64-bit integers as decimal text. */
export interface ModelIndexEntry {
  readonly name: string;
  /** Empty when the model was never loaded. */
  readonly version: string;
  /** Empty, `UNKNOWN`, `READY`, `UNAVAILABLE`, `LOADING` or `UNLOADING`. */
  readonly state: string;
  readonly reason: string;
}

/** What a server says it has loaded; only the fields of the schema. */
export interface LoadedModelConfig {
  readonly name: string;
  readonly backend: string;
  readonly version_policy: { readonly specific: { readonly versions: readonly string[] } | null } | null;
  readonly max_batch_size: number;
  readonly input: readonly LoadedTensor[];
  readonly output: readonly LoadedTensor[];
  readonly instance_group: readonly { readonly count: number; readonly kind: string }[];
  readonly default_model_filename: string;
  readonly model_transaction_policy: { readonly decoupled: boolean } | null;
}

export interface LoadedTensor {
  readonly name: string;
  readonly data_type: string;
  readonly dims: readonly string[];
  readonly optional?: boolean;
}

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  readonly inference_count: string;
  readonly execution_count: string;
}

interface InferParameter {
  readonly bool_param?: boolean;
  readonly int64_param?: string;
  readonly string_param?: string;
}

export interface InferTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly string[];
}

export interface InferRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: Readonly<Record<string, InferParameter>>;
  readonly inputs: readonly InferTensor[];
  readonly raw_input_contents: readonly Uint8Array[];
}

export interface InferResponse {
  readonly model_name: string;
  readonly model_version: string;
  readonly parameters: Readonly<Record<string, InferParameter>>;
  readonly outputs: readonly InferTensor[];
  readonly raw_output_contents: readonly Uint8Array[];
}

export interface StreamInferResponse {
  /** Empty: no error. */
  readonly error_message: string;
  readonly infer_response: InferResponse | null;
}
