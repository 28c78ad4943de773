/**
 * Canonical JSON: equal values give equal bytes, here and in Python (`jobs/windlass_jobs/contract/canonical.py`). Keys are sorted by
 * UTF-16 code units, numbers are written as ECMAScript does, there is no white space and no trailing newline (RFC 8785).
 * @throws TypeError naming the JSON path of what is not JSON: `undefined`, functions, non-finite numbers, integers beyond 2^53,
 * lone surrogates, objects that are not plain.
 */
export function canonicalJson(value: unknown): string {
  return encode(value, '$');
}

function encode(value: unknown, path: string): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return encodeText(value, path);
  if (typeof value === 'number') return encodeNumber(value, path);
  if (Array.isArray(value)) return `[${value.map((item, index) => encode(item, `${path}[${index}]`)).join(',')}]`;
  if (isPlainObject(value)) return encodeObject(value, path);
  throw notJson(path, `a ${typeof value}`);
}

function encodeObject(value: Readonly<Record<string, unknown>>, path: string): string {
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${encodeText(key, path)}:${encode(value[key], `${path}.${key}`)}`);
  return `{${members.join(',')}}`;
}

function encodeText(value: string, path: string): string {
  if (!value.isWellFormed()) throw notJson(path, 'a string with a lone surrogate');
  return JSON.stringify(value);
}

function encodeNumber(value: number, path: string): string {
  if (!Number.isFinite(value)) throw notJson(path, String(value));
  const isExact = !Number.isInteger(value) || Number.isSafeInteger(value);
  if (!isExact) throw notJson(path, `the integer ${value}, beyond 2^53,`);
  return JSON.stringify(value);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function notJson(path: string, found: string): TypeError {
  return new TypeError(`canonical JSON: ${path} is ${found} and cannot be written; leave it out or write it as text`);
}
