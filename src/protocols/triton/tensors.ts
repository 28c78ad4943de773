import type { InferResponse, InferTensor } from './messages.ts';

/** A tensor of one element with its bytes as the wire has them. */
export interface ScalarTensor {
  readonly tensor: InferTensor;
  readonly raw: Uint8Array;
}

/** BYTES: 4 bytes length, little endian, then the bytes. */
export function textTensor(name: string, text: string): ScalarTensor {
  const bytes = Buffer.from(text, 'utf8');
  const raw = Buffer.alloc(4 + bytes.length);
  raw.writeUInt32LE(bytes.length, 0);
  bytes.copy(raw, 4);
  return scalar({ name, datatype: 'BYTES', raw });
}

export function int32Tensor(name: string, value: number): ScalarTensor {
  const raw = Buffer.alloc(4);
  raw.writeInt32LE(value);
  return scalar({ name, datatype: 'INT32', raw });
}

export function float32Tensor(name: string, value: number): ScalarTensor {
  const raw = Buffer.alloc(4);
  raw.writeFloatLE(value);
  return scalar({ name, datatype: 'FP32', raw });
}

export function booleanTensor(name: string, isTrue: boolean): ScalarTensor {
  return scalar({ name, datatype: 'BOOL', raw: Buffer.from([isTrue ? 1 : 0]) });
}

export function readText(response: InferResponse, name: string): string {
  const raw = rawOutput(response, name, 'BYTES');
  return raw.subarray(4, 4 + raw.readUInt32LE(0)).toString('utf8');
}

export function readInt32(response: InferResponse, name: string): number {
  return rawOutput(response, name, 'INT32').readInt32LE(0);
}

export function readFloat32(response: InferResponse, name: string): number {
  return rawOutput(response, name, 'FP32').readFloatLE(0);
}

function scalar({ name, datatype, raw }: { name: string; datatype: string; raw: Uint8Array }): ScalarTensor {
  return { tensor: { name, datatype, shape: ['1'] }, raw };
}

function rawOutput(response: InferResponse, name: string, datatype: string): Buffer {
  const index = response.outputs.findIndex((output) => output.name === name && output.datatype === datatype);
  const raw = response.raw_output_contents[index];
  if (raw !== undefined && raw.length > 0) return Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  throw new RangeError(
    `the answer of ${response.model_name} version ${response.model_version} has no ${datatype} output "${name}"`,
  );
}
