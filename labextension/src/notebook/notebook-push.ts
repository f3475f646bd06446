/**
 * A notebook as it is pushed to the kernel with every run: what a prompt can use of it, in bounded size.
 *
 * Reads nbformat JSON and writes nbformat JSON; must not know where either comes from.
 */

import { MIME_TYPE } from '../tokens';

/** Of one output's text; a prompt uses less. */
export const TEXT_LIMIT = 20_000;
/** Of a whole push, in characters: what a kernel reads in a few milliseconds. */
export const PUSH_LIMIT = 2_000_000;

const GAP = '\n…\n';

type Json = Record<string, unknown>;

/** Slim cells without outputs, or with our own alone; null says that even the sources are too much. */
export function withoutOutputs(cells: readonly Json[], limit = PUSH_LIMIT): Json[] | null {
  const outputsKept = [(outputs: Json[]) => outputs.filter(output => MIME_TYPE in object(output.data)), () => []];
  for (const kept of outputsKept) {
    const pushed = cells.map(cell =>
      Array.isArray(cell.outputs) ? { ...cell, outputs: kept(cell.outputs as Json[]) } : cell
    );
    if (JSON.stringify(pushed).length <= limit) {
      return pushed;
    }
  }
  return null;
}

/** What a prompt can use of a cell. */
export function slimCell(cell: Json): Json {
  const { id, cell_type, source, execution_count, outputs, metadata } = cell;
  const { tags } = object(metadata);
  return {
    id,
    cell_type,
    source,
    metadata: Array.isArray(tags) ? { tags } : {},
    ...(cell_type === 'code'
      ? { execution_count, outputs: Array.isArray(outputs) ? outputs.map(slimOutput) : [] }
      : {})
  };
}

function slimOutput(output: Json): Json {
  switch (output.output_type) {
    case 'stream':
      return { ...output, text: short(joined(output.text)) };
    case 'error':
      return { ...output, traceback: [short(joined(output.traceback, '\n'))] };
    default: {
      const data = Object.entries(object(output.data)).map(([mime, value]) => [mime, slimData(mime, value)]);
      return { ...output, data: Object.fromEntries(data), metadata: {} };
    }
  }
}

/** That there is a picture or a table matters to a prompt, its bytes do not. */
function slimData(mime: string, value: unknown): unknown {
  if (mime === MIME_TYPE) {
    return value;
  }
  return mime.startsWith('text/') && mime !== 'text/html' ? short(joined(value)) : '';
}

function short(text: string): string {
  if (text.length <= TEXT_LIMIT) {
    return text;
  }
  const half = (TEXT_LIMIT - GAP.length) / 2;
  return text.slice(0, Math.ceil(half)) + GAP + text.slice(-Math.floor(half));
}

/** A multi-line string: a string, or a list of lines. */
function joined(value: unknown, between = ''): string {
  if (Array.isArray(value)) {
    return value.filter(line => typeof line === 'string').join(between);
  }
  return typeof value === 'string' ? value : '';
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
