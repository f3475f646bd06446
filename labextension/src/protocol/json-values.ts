/** JSON that anybody may have written, read without throwing: what is not understood is empty. */

/** An object's own properties; anything else has none. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function texts(value: unknown): string[] {
  return list(value).filter((one): one is string => typeof one === 'string');
}

/** A text that may be stored as a list of its lines. */
export function joined(value: unknown): string {
  return Array.isArray(value) ? value.map(text).join('') : text(value);
}

/** A finite number above zero, else 0. */
export function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

/** The value where it is one of these words, else `otherwise`. */
export function oneOf<T extends string, U>(words: readonly T[], value: unknown, otherwise: U): T | U {
  return words.includes(value as T) ? (value as T) : otherwise;
}
