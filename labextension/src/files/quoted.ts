/** A text as a message quotes it: in a fence that nothing in it can end. Pure. */

export function quoted(text: string, draft: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(found => found[0].length));
  const fence = '`'.repeat(longest + 1);
  const quote = `${fence}text\n${text}\n${fence}\n`;
  return draft.trim() === '' ? quote : `${draft.trimEnd()}\n\n${quote}`;
}
