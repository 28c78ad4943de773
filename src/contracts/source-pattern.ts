/** A source uri taken apart: every file below `folder`, or those directly in it whose name matches. */
export type SourcePattern =
  | { readonly kind: 'tree'; readonly folder: string }
  | { readonly kind: 'glob'; readonly folder: string; readonly matches: (name: string) => boolean }
  | { readonly kind: 'exact'; readonly path: string };

/**
 * Reads the path of a source: `*` is understood in the last segment only and never matches a dot-led name.
 * `folder` ends in `/` (or is empty). Gives the problem as text where the pattern cannot be understood.
 */
export function parseSourcePattern(path: string): SourcePattern | string {
  const cut = path.lastIndexOf('/') + 1;
  const folder = path.slice(0, cut);
  const name = path.slice(cut);
  if (folder.includes('*')) return '"*" is understood in the last path segment only';
  if (name === '') return { kind: 'tree', folder };
  if (!name.includes('*')) return { kind: 'exact', path };
  return { kind: 'glob', folder, matches: nameMatcher(name) };
}

/** False for files a source takes no notice of: dot-led names of any segment, and markers of empty folders. */
export function isVisiblePath(path: string): boolean {
  return !path.endsWith('/') && path.split('/').every((segment) => !segment.startsWith('.'));
}

function nameMatcher(glob: string): (name: string) => boolean {
  const pattern = new RegExp(`^${glob.split('*').map(escapeForPattern).join('[^/]*')}$`, 'su');
  return (name) => !name.startsWith('.') && pattern.test(name);
}

function escapeForPattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`);
}
