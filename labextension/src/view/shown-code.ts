/** Whether code that stands in a reply stands in a cell, or in the change of one, as well. Pure. */

/** What models write where they leave code out. */
const LEFT_OUT = /^\s*(?:#|\/\/)?\s*(?:\.\.\.|…|[#/]+.*(?:\.\.\.|…))/;

/** Whether every line of `source` stands in `whole`, in this order; lines that stand for others do not count. */
export function standsIn(source: string, whole: string): boolean {
  const lines = linesOf(whole);
  let at = 0;
  const wanted = linesOf(source).filter(line => !LEFT_OUT.test(line));
  return (
    wanted.length > 0 &&
    wanted.every(line => {
      at = lines.indexOf(line, at) + 1;
      return at > 0;
    })
  );
}

/** Without what editors and models do differently: blank lines, spaces at the end of a line, the whole indented. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');
}
