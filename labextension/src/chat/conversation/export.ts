/** A conversation as a Markdown file, or as a notebook. Pure: exchanges in, text out. */

import { ReplyBlocks } from '../../view/reply-blocks';
import type { Exchange } from './exchange';

export interface IExported {
  /** Behind the dot. */
  readonly extension: 'md' | 'ipynb';
  readonly text: string;
}

/** What kernel and language a notebook of code has, as its metadata says it. */
export interface ILanguage {
  readonly name: string;
  readonly kernelspec: unknown;
}

export function asMarkdown(title: string, exchanges: readonly Exchange[]): IExported {
  const parts = exchanges.map(({ asked, reply }) => `${quoted(asked.typed)}\n\n${harmless(reply).trim()}`);
  return { extension: 'md', text: `# ${oneLine(title)}\n\n${parts.join('\n\n---\n\n')}\n` };
}

/** Code of the answers as code cells, all else as text. None of it was run, and none has outputs. */
export function asNotebook(title: string, exchanges: readonly Exchange[], language: ILanguage): IExported {
  const cells = [textCell(`# ${oneLine(title)}`)];
  for (const { asked, reply } of exchanges) {
    cells.push(textCell(quoted(asked.typed)));
    const blocks = new ReplyBlocks();
    blocks.add(reply);
    blocks.end();
    for (const block of blocks.finished) {
      const isCode = block.kind === 'code' && ['', 'python', 'py', language.name].includes(block.language);
      const fenced = block.kind === 'code' ? fence(block.text, block.language) : neutral(block.text);
      const last = cells[cells.length - 1];
      if (isCode) {
        cells.push({ cell_type: 'code', source: block.text, metadata: {}, outputs: [], execution_count: null });
      } else if (last.cell_type === 'markdown' && last.isReply) {
        last.source += `\n\n${fenced}`;
      } else {
        cells.push({ ...textCell(fenced), isReply: true });
      }
    }
  }
  const notebook = {
    nbformat: 4,
    nbformat_minor: 4,
    metadata: {
      language_info: { name: language.name },
      ...(language.kernelspec ? { kernelspec: language.kernelspec } : {})
    },
    cells: cells.map(({ isReply: _, ...cell }) => cell)
  };
  return { extension: 'ipynb', text: JSON.stringify(notebook, null, 1) };
}

interface ICell {
  readonly cell_type: 'code' | 'markdown';
  source: string;
  readonly metadata: object;
  readonly outputs?: readonly object[];
  readonly execution_count?: null;
  readonly isReply?: boolean;
}

function textCell(source: string): ICell {
  return { cell_type: 'markdown', source, metadata: {} };
}

function quoted(question: string): string {
  return neutral(question)
    .split('\n')
    .map(line => `> ${line}`)
    .join('\n');
}

function oneLine(title: string): string {
  return neutral(title.replace(/\s+/g, ' ').trim());
}

function fence(code: string, language: string): string {
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map(run => run.length));
  const marks = '`'.repeat(longest + 1);
  return `${marks}${language}\n${code}\n${marks}`;
}

/** A whole reply, its code as it is. */
function harmless(reply: string): string {
  const blocks = new ReplyBlocks();
  blocks.add(reply);
  blocks.end();
  return blocks.finished
    .map(({ kind, text, language }) => (kind === 'code' ? fence(text, language) : neutral(text)))
    .join('\n\n');
}

/**
 * Prose in which nothing is loaded and no element made: whoever opens the file sees it with another renderer than ours,
 * which may let pictures from anywhere through. Between backticks it is text already.
 */
function neutral(prose: string): string {
  return prose
    .split(/(`+[^`]*`+)/)
    .map((part, at) => (at % 2 ? part : part.replace(/!\[/g, '\\![').replace(/<(?=[A-Za-z/!?])/g, '&lt;')))
    .join('');
}
