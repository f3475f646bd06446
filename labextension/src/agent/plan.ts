/** The plan of a run: the steps that the model's own first sentences name. */

export interface IPlanItem {
  readonly text: string;
  readonly isDone: boolean;
}

const BOX = /^\s*(?:[-*+]|\d+[.)])\s+\[([ xX])\]\s+(.+)$/;
const ITEM = /^\s*(?:[-*+]|\d+[.)])\s+(.+)$/;
const FENCE = /^\s*(?:```|~~~)/;
const MOST = 12;
const LONGEST = 200;

/** Check boxes where there are any, else the items of a list of two and more; nothing out of code. */
export function readPlan(reply: string): IPlanItem[] {
  const lines = prose(reply);
  const boxes = lines.flatMap(line => {
    const found = BOX.exec(line);
    return found ? [{ text: plain(found[2]), isDone: found[1] !== ' ' }] : [];
  });
  const items = boxes.length > 0 ? boxes : listed(lines);
  return items.slice(0, MOST);
}

/** The plan as far as it is done: by the cells there are, by what the model has ticked since, all at the end. */
export function ticked(plan: readonly IPlanItem[], later: string, cells: number, isDone: boolean): IPlanItem[] {
  const said = new Set(
    readPlan(later)
      .filter(item => item.isDone)
      .map(item => item.text)
  );
  return plan.map((item, at) => ({ ...item, isDone: isDone || item.isDone || at < cells || said.has(item.text) }));
}

function listed(lines: readonly string[]): IPlanItem[] {
  const items = lines.flatMap(line => {
    const found = ITEM.exec(line);
    return found ? [{ text: plain(found[1]), isDone: false }] : [];
  });
  return items.length > 1 ? items : [];
}

function prose(reply: string): string[] {
  let isCode = false;
  return reply.split('\n').filter(line => {
    if (FENCE.test(line)) {
      isCode = !isCode;
      return false;
    }
    return !isCode;
  });
}

/** The text without its Markdown: it is shown as text. */
function plain(text: string): string {
  return text.replace(/[*_`]/g, '').trim().slice(0, LONGEST);
}
