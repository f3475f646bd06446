/**
 * A cell that is run because of a run of the model, not by the user himself: its outputs are not trusted, and made
 * harmless before the first of them is drawn.
 */

import { CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { KernelMessage } from '@jupyterlab/services';

export interface IRanForReal {
  /** As the notebook has them now. */
  readonly outputs: readonly Record<string, unknown>[];
  /** "NameError: …"; "" for none. */
  readonly error: string;
}

/** `clean` is given each MIME bundle before anybody sees it. */
export async function runUntrusted(
  panel: NotebookPanel,
  cellId: string,
  clean: (data: Record<string, unknown>) => Record<string, unknown>
): Promise<IRanForReal> {
  const cell = panel.content.widgets.find(one => one.model.id === cellId);
  if (!(cell instanceof CodeCell) || !panel.sessionContext.session?.kernel) {
    return { outputs: [], error: '' };
  }
  const running = CodeCell.execute(cell, panel.sessionContext, { deletedCells: [], recordTiming: false });
  // JupyterLab trusts what is executed; nothing has been drawn yet.
  cell.model.trusted = false;
  cell.outputArea.future?.registerMessageHook(message => {
    const content = message.content as { data?: Record<string, unknown>; metadata?: unknown };
    if (content.data && DISPLAYS.has(message.header.msg_type)) {
      content.data = clean(content.data);
      content.metadata = {};
    }
    return true;
  });
  const reply = await running;
  cell.model.trusted = false;
  const outputs = cell.model.outputs.toJSON() as Record<string, unknown>[];
  return { outputs, error: errorOf(reply) };
}

const DISPLAYS = new Set<string>(['display_data', 'update_display_data', 'execute_result']);

function errorOf(reply: KernelMessage.IExecuteReplyMsg | void): string {
  const content = reply?.content;
  if (content?.status === 'error') {
    return `${content.ename}: ${content.evalue}`;
  }
  return content?.status === 'aborted' ? 'the cell was not run' : '';
}
