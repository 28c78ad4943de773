import type { PinnedSource, SourceSpec } from '../contracts/run-spec.ts';

/** Reads what a source holds now, so that a run works on exactly that. */
export interface SourceReader {
  /**
   * Lists the files that match the source's uri (sorted by uri) with size and sha256, version id or etag.
   * @throws AdapterError `MissingInput` when nothing matches or the prefix is not readable, naming the uri.
   */
  pin(source: SourceSpec): Promise<PinnedSource>;
}
