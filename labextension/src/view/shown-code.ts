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

/** A line that is a cell's name alone, as models write above its code: "[cell 0]", "**Cell 4:**". */
const LABEL = /(?:^|\n)[ \t]*[*_`#>\- ]*\[?cell[ \t]+[[#]?\d+\]?\]?[*_`]*[ \t]*:?[*_`]*\s*$/i;

/** Text before a block of code without such a line at its end: it counts from 0, which nobody sees. */
export function withoutLabel(prose: string): string {
  return prose.replace(LABEL, '');
}

/** Without what editors and models do differently: blank lines, spaces at the end of a line, the whole indented. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');
}
