/**
 * Cells as a change of those that the server has: ranges of them that stay, and cells that are new or other. Pure.
 */

type Json = Record<string, unknown>;

/** A cell, or the half-open range [from, to) of the cells before. */
export type PatchEntry = Json | readonly [number, number];

/** Cells that are the very same objects did not change. */
export function cellPatch(before: readonly Json[], cells: readonly Json[]): PatchEntry[] {
  const places = new Map(before.map((cell, index) => [cell, index]));
  const patch: PatchEntry[] = [];
  let range: [number, number] | null = null;
  for (const cell of cells) {
    const place = places.get(cell);
    if (place === undefined) {
      range = null;
      patch.push(cell);
    } else if (range && range[1] === place) {
      range[1] += 1;
    } else {
      range = [place, place + 1];
      patch.push(range);
    }
  }
  return patch;
}
