/**
 * The part of the KServe v2 protocol, with Triton's extensions, that Windlass speaks, as a protobuf JSON descriptor: names, types and
 * field numbers as published in https://github.com/triton-inference-server/common (protobuf/grpc_service.proto, model_config.proto).
 */
export const tritonSchema = {
  nested: {
    inference: {
      nested: {
        GRPCInferenceService: {
          methods: {
            ServerLive: { requestType: 'Empty', responseType: 'ServerLiveResponse' },
            ServerReady: { requestType: 'Empty', responseType: 'ServerReadyResponse' },
            ModelReady: { requestType: 'ModelName', responseType: 'ModelReadyResponse' },
            ServerMetadata: { requestType: 'Empty', responseType: 'ServerMetadataResponse' },
            ModelConfig: { requestType: 'ModelName', responseType: 'ModelConfigResponse' },
            ModelStatistics: { requestType: 'ModelName', responseType: 'ModelStatisticsResponse' },
            ModelStreamInfer: {
              requestType: 'ModelInferRequest',
              requestStream: true,
              responseType: 'ModelStreamInferResponse',
              responseStream: true,
            },
            RepositoryIndex: { requestType: 'RepositoryIndexRequest', responseType: 'RepositoryIndexResponse' },
            RepositoryModelLoad: { requestType: 'RepositoryChange', responseType: 'Empty' },
            RepositoryModelUnload: { requestType: 'RepositoryChange', responseType: 'Empty' },
          },
        },
        Empty: { fields: {} },
        ServerLiveResponse: { fields: { live: { type: 'bool', id: 1 } } },
        ServerReadyResponse: { fields: { ready: { type: 'bool', id: 1 } } },
        ModelName: { fields: { name: { type: 'string', id: 1 }, version: { type: 'string', id: 2 } } },
        ModelReadyResponse: { fields: { ready: { type: 'bool', id: 1 } } },
        ServerMetadataResponse: {
          fields: {
            name: { type: 'string', id: 1 },
            version: { type: 'string', id: 2 },
            extensions: { rule: 'repeated', type: 'string', id: 3 },
          },
        },

        ModelConfigResponse: { fields: { config: { type: 'ModelConfig', id: 1 } } },
        ModelConfig: {
          fields: {
            name: { type: 'string', id: 1 },
            backend: { type: 'string', id: 17 },
            version_policy: { type: 'VersionPolicy', id: 3 },
            max_batch_size: { type: 'int32', id: 4 },
            input: { rule: 'repeated', type: 'ModelInput', id: 5 },
            output: { rule: 'repeated', type: 'ModelOutput', id: 6 },
            instance_group: { rule: 'repeated', type: 'InstanceGroup', id: 7 },
            default_model_filename: { type: 'string', id: 8 },
            model_transaction_policy: { type: 'TransactionPolicy', id: 19 },
          },
        },
        VersionPolicy: { fields: { specific: { type: 'SpecificVersions', id: 3 } } },
        SpecificVersions: { fields: { versions: { rule: 'repeated', type: 'int64', id: 1 } } },
        ModelInput: {
          fields: {
            name: { type: 'string', id: 1 },
            data_type: { type: 'DataType', id: 2 },
            dims: { rule: 'repeated', type: 'int64', id: 4 },
            optional: { type: 'bool', id: 8 },
          },
        },
        ModelOutput: {
          fields: {
            name: { type: 'string', id: 1 },
            data_type: { type: 'DataType', id: 2 },
            dims: { rule: 'repeated', type: 'int64', id: 3 },
          },
        },
        InstanceGroup: { fields: { count: { type: 'int32', id: 2 }, kind: { type: 'InstanceKind', id: 4 } } },
        TransactionPolicy: { fields: { decoupled: { type: 'bool', id: 1 } } },
        InstanceKind: { values: { KIND_AUTO: 0, KIND_GPU: 1, KIND_CPU: 2, KIND_MODEL: 3 } },
        DataType: {
          values: {
            TYPE_INVALID: 0,
            TYPE_BOOL: 1,
            TYPE_UINT8: 2,
            TYPE_UINT16: 3,
            TYPE_UINT32: 4,
            TYPE_UINT64: 5,
            TYPE_INT8: 6,
            TYPE_INT16: 7,
            TYPE_INT32: 8,
            TYPE_INT64: 9,
            TYPE_FP16: 10,
            TYPE_FP32: 11,
            TYPE_FP64: 12,
            TYPE_STRING: 13,
            TYPE_BF16: 14,
          },
        },

        InferParameter: {
          oneofs: { parameter_choice: { oneof: ['bool_param', 'int64_param', 'string_param'] } },
          fields: {
            bool_param: { type: 'bool', id: 1 },
            int64_param: { type: 'int64', id: 2 },
            string_param: { type: 'string', id: 3 },
          },
        },
        InferTensor: {
          fields: {
            name: { type: 'string', id: 1 },
            datatype: { type: 'string', id: 2 },
            shape: { rule: 'repeated', type: 'int64', id: 3 },
          },
        },
        ModelInferRequest: {
          fields: {
            model_name: { type: 'string', id: 1 },
            model_version: { type: 'string', id: 2 },
            id: { type: 'string', id: 3 },
            parameters: { keyType: 'string', type: 'InferParameter', id: 4 },
            inputs: { rule: 'repeated', type: 'InferTensor', id: 5 },
            raw_input_contents: { rule: 'repeated', type: 'bytes', id: 7 },
          },
        },
        ModelInferResponse: {
          fields: {
            model_name: { type: 'string', id: 1 },
            model_version: { type: 'string', id: 2 },
            id: { type: 'string', id: 3 },
            parameters: { keyType: 'string', type: 'InferParameter', id: 4 },
            outputs: { rule: 'repeated', type: 'InferTensor', id: 5 },
            raw_output_contents: { rule: 'repeated', type: 'bytes', id: 6 },
          },
        },
        ModelStreamInferResponse: {
          fields: { error_message: { type: 'string', id: 1 }, infer_response: { type: 'ModelInferResponse', id: 2 } },
        },

        ModelStatisticsResponse: { fields: { model_stats: { rule: 'repeated', type: 'ModelStatistics', id: 1 } } },
        ModelStatistics: {
          fields: {
            name: { type: 'string', id: 1 },
            version: { type: 'string', id: 2 },
            last_inference: { type: 'uint64', id: 3 },
            inference_count: { type: 'uint64', id: 4 },
            execution_count: { type: 'uint64', id: 5 },
          },
        },

        RepositoryIndexRequest: {
          fields: { repository_name: { type: 'string', id: 1 }, ready: { type: 'bool', id: 2 } },
        },
        RepositoryIndexResponse: { fields: { models: { rule: 'repeated', type: 'ModelIndex', id: 1 } } },
        ModelIndex: {
          fields: {
            name: { type: 'string', id: 1 },
            version: { type: 'string', id: 2 },
            state: { type: 'string', id: 3 },
            reason: { type: 'string', id: 4 },
          },
        },
        RepositoryParameter: {
          oneofs: { parameter_choice: { oneof: ['bool_param', 'string_param'] } },
          fields: { bool_param: { type: 'bool', id: 1 }, string_param: { type: 'string', id: 3 } },
        },
        RepositoryChange: {
          fields: {
            repository_name: { type: 'string', id: 1 },
            model_name: { type: 'string', id: 2 },
            parameters: { keyType: 'string', type: 'RepositoryParameter', id: 3 },
          },
        },
      },
    },
  },
};
