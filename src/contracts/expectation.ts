/** A property an answer must have; the same in evaluation tasks and in smoke tests. */
export type Expectation =
  | { readonly kind: 'non-empty' }
  | { readonly kind: 'contains'; readonly text: string; readonly ignoreCase: boolean }
  | { readonly kind: 'not-contains'; readonly text: string; readonly ignoreCase: boolean }
  | { readonly kind: 'regex'; readonly pattern: string }
  | { readonly kind: 'length'; readonly minChars: number; readonly maxChars: number }
  | { readonly kind: 'no-replacement-characters' };

export interface PromptTask {
  readonly prompt: string;
  readonly expect: readonly Expectation[];
}
