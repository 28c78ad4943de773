import type { TargetPlatform } from '../../contracts/platform.ts';
import type { ApprovalSpec, RunSpec, SourceFormat } from '../../contracts/run-spec.ts';
import type { ParsedRunInput } from './run-input.ts';

/** Fills in what depends on other fields: source formats and fields, the target and what it asks for. */
export function completeRun(
  input: ParsedRunInput,
  target: { readonly name: string; readonly platform: TargetPlatform },
): RunSpec {
  return {
    ...input,
    target: target.name,
    data: { ...input.data, sources: completeSources(input.data) },
    approval: completeApproval(input.approval, target.platform.approval),
  };
}

export function completeSources(data: ParsedRunInput['data']): RunSpec['data']['sources'] {
  const defaults: Readonly<Record<string, string>> =
    data.kind === 'pairs' ? { prompt: 'prompt', response: 'response' } : { text: 'text' };
  return (data.sources ?? []).map((source) => ({
    uri: source.uri,
    format: source.format ?? formatFromUri(source.uri),
    fields: source.fields ?? defaults,
  }));
}

function completeApproval(asked: ParsedRunInput['approval'], target: ApprovalSpec): ApprovalSpec {
  return {
    required: asked.required ?? target.required,
    fourEyes: asked.fourEyes ?? target.fourEyes,
    expiresSeconds: asked.expiresSeconds ?? target.expiresSeconds,
  };
}

function formatFromUri(uri: string): SourceFormat {
  const endings: Readonly<Record<string, SourceFormat>> = { parquet: 'parquet', csv: 'csv', txt: 'text' };
  const ending = /\.([a-z]+)(?:\.gz)?$/.exec(uri.toLowerCase())?.[1] ?? '';
  return endings[ending] ?? 'jsonl';
}
