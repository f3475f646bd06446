/** Something that happens once, a while after the last wish for it. */

export function once(milliseconds: number, act: () => void): { soon(): void } {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  return {
    soon() {
      clearTimeout(waiting);
      waiting = setTimeout(act, milliseconds);
    }
  };
}
