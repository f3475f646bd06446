/** Hashes of texts, 53 bits: names for what the server may know already, not secrets. */

export function hashOf(text: string): number {
  let one = 0xdeadbeef;
  let other = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 2654435761);
    other = Math.imul(other ^ code, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(other ^ (other >>> 13), 3266489909);
  other = Math.imul(other ^ (other >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return 4294967296 * (2097151 & other) + (one >>> 0);
}

/** The hash of what was hashed before and a further number. */
export function mixed(hash: number, next: number): number {
  const low = Math.imul((hash >>> 0) ^ (next >>> 0), 2654435761) >>> 0;
  const high = Math.imul(Math.floor(hash / 4294967296) ^ Math.floor(next / 4294967296) ^ low, 1597334677) >>> 0;
  return 4294967296 * (2097151 & high) + low;
}
