/**
 * A reply that is still arriving, as blocks: finished ones, which are drawn once, and one that grows.
 *
 * Text in, text out: what blocks look like, and which become cells, is decided elsewhere.
 */

export interface IBlock {
  readonly kind: 'prose' | 'code';
  readonly text: string;
  /** Of code: what stands behind the fence, in lower case. */
  readonly language: string;
}

/** Where a block goes on over a blank line: lists, quotations, tables, what is indented. */
const CONTINUES = /^(?:\s|[-*+>|]|\d{1,9}[.)])/;
const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([^\n`]*)$/;

/** The blocks of code of a whole reply, each with its place among all blocks. */
export function codeBlocks(reply: string): { at: number; source: string; language: string }[] {
  const blocks = new ReplyBlocks();
  blocks.add(reply);
  blocks.end();
  return blocks.finished.flatMap(({ kind, text, language }, at) =>
    kind === 'code' ? [{ at, source: text, language }] : []
  );
}

export class ReplyBlocks {
  /** The blocks that will not change any more. */
  get finished(): readonly IBlock[] {
    return this._finished;
  }

  /** What arrived behind them, null for nothing. */
  get growing(): IBlock | null {
    const open = [...this._lines, ...(this._half ? [this._half] : [])].join('\n');
    if (this._fence) {
      return { kind: 'code', text: open, language: this._language };
    }
    return open.trim() ? { kind: 'prose', text: open, language: '' } : null;
  }

  add(text: string): void {
    const lines = (this._half + text).split('\n');
    this._half = lines.pop() ?? '';
    lines.forEach(line => this._read(line.replace(/\r$/, '')));
  }

  /** The reply has ended: everything is finished. */
  end(): void {
    if (this._half) {
      const last = this._half;
      this._half = '';
      this._read(last);
    }
    this._flush();
  }

  private _read(line: string): void {
    const fence = FENCE.exec(line);
    if (this._fence) {
      const closes = fence && fence[2].trim() === '' && fence[1].startsWith(this._fence);
      if (closes) {
        this._flush();
      } else {
        this._lines.push(line);
      }
      return;
    }
    if (fence) {
      this._flush();
      this._fence = fence[1];
      this._language = fence[2].trim().split(/\s+/)[0].toLowerCase();
      return;
    }
    const blank = line.trim() === '';
    const last = this._lines[this._lines.length - 1];
    const goesOn = CONTINUES.test(line) && CONTINUES.test(this._lines[0] ?? '');
    if (!blank && last !== undefined && last.trim() === '' && !goesOn) {
      this._flush();
    }
    if (!blank || this._lines.length > 0) {
      this._lines.push(line);
    }
  }

  private _flush(): void {
    const text = this._lines.join('\n');
    if (this._fence) {
      this._finished.push({ kind: 'code', text, language: this._language });
    } else if (text.trim()) {
      this._finished.push({ kind: 'prose', text, language: '' });
    }
    this._fence = '';
    this._language = '';
    this._lines = [];
  }

  private readonly _finished: IBlock[] = [];
  private _lines: string[] = [];
  private _half = '';
  private _fence = '';
  private _language = '';
}
