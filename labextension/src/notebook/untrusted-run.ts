/**
 * A cell that is run because of a run of the model, not by the user himself: its outputs are not trusted, and made
 * harmless before the first of them is drawn, in whichever cell that is.
 */

import { CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel, KernelMessage } from '@jupyterlab/services';

import { isOurs } from '../kernel/our-questions';

export interface IRanForReal {
  /** As the notebook has them now. */
  readonly outputs: readonly Record<string, unknown>[];
  /** "NameError: …"; "" for none. */
  readonly error: string;
}

type Clean = (data: Record<string, unknown>) => Record<string, unknown>;

/**
 * Run a cell that still is what the user has agreed to; null where it is not, and was not run.
 *
 * `clean` is given each MIME bundle before anybody sees it.
 */
export async function runUntrusted(
  panel: NotebookPanel,
  { id: cellId, source }: { readonly id: string; readonly source: string },
  clean: Clean
): Promise<IRanForReal | null> {
  const cell = panel.content.widgets.find(one => one.model.id === cellId);
  const kernel = panel.sessionContext.session?.kernel;
  if (cell?.model.sharedModel.getSource() !== source) {
    return null;
  }
  if (!(cell instanceof CodeCell) || !kernel) {
    return { outputs: [], error: '' };
  }
  const running = CodeCell.execute(cell, panel.sessionContext, { deletedCells: [], recordTiming: false });
  const distrust = () => {
    cell.model.trusted = false;
    // By this it is trusted again when an undo brings it back.
    cell.model.sharedModel.setMetadata('trusted', false);
  };
  // JupyterLab trusts what is executed; nothing has been drawn yet.
  distrust();
  cleanFrom(kernel, cell.outputArea.future?.msg.header.msg_id ?? '', clean);
  const reply = await running;
  distrust();
  const outputs = cell.model.outputs.toJSON() as Record<string, unknown>[];
  return { outputs, error: errorOf(reply) };
}

/** What is cleaned of each kernel's messages, by the request that they belong to. */
const cleaned = new WeakMap<Kernel.IKernelConnection, Map<string, Clean>>();

/**
 * Clean everything that a request shows, to the end of the connection: a thread of it may show more later.
 *
 * Not by a hook of its future: what a display's id names is drawn by the futures of other cells, which the user trusts.
 */
function cleanFrom(kernel: Kernel.IKernelConnection, request: string, clean: Clean): void {
  const requests = cleaned.get(kernel) ?? new Map<string, Clean>();
  if (!cleaned.has(kernel)) {
    cleaned.set(kernel, requests);
    // Told of before the message is given to anybody.
    kernel.anyMessage.connect(cleanMessage);
  }
  requests.set(request, clean);
}

function cleanMessage(kernel: Kernel.IKernelConnection, { msg }: Kernel.IAnyMessageArgs): void {
  const requests = cleaned.get(kernel);
  const { msg_id } = msg.parent_header as Partial<KernelMessage.IHeader>;
  // Threads show things in the name of the last request. Our own questions show nothing themselves.
  const clean = requests?.get(msg_id ?? '') ?? (isOurs(msg) ? [...(requests?.values() ?? [])].pop() : undefined);
  const content = msg.content as { data?: Record<string, unknown>; metadata?: unknown };
  const { data } = content;
  if (clean && data && DISPLAYS.has(msg.header.msg_type)) {
    content.data = clean(data);
    content.metadata = {};
  } else if (clean && (data?.method || data?.buffer_paths)) {
    // For a widget; other comms, as our own, have no such data. A live widget draws what it is sent as it is, and may
    // load code: it hears of it when the user runs the cell.
    (msg.header as { msg_type: string }).msg_type = 'left out';
  }
}

const DISPLAYS = new Set<string>(['display_data', 'update_display_data', 'execute_result']);

function errorOf(reply: KernelMessage.IExecuteReplyMsg | void): string {
  const content = reply?.content;
  if (content?.status === 'error') {
    return `${content.ename}: ${content.evalue}`;
  }
  return content?.status === 'aborted' ? 'the cell was not run' : '';
}
