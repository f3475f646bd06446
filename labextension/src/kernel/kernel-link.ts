/**
 * The two comms with one kernel, through restarts, reconnections and other kernels.
 *
 * Knows messages, not what they are about: edits and notebooks are somebody else's.
 */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import {
  actionMessage,
  appliedMessage,
  CardAction,
  HELLO,
  IApply,
  IHandedOver,
  readApply,
  readHandedOver
} from '../protocol/kernel-messages';
import { CONTEXT_TARGET, KERNEL_TARGET } from '../tokens';

/** What JupyterLab waits for at most before it speaks on a comm whose subshell does not start. */
const SUBSHELL_PATIENCE = 2000;

export class KernelLink implements IDisposable {
  /** `apply` carries out what the kernel asks for, and returns why not ("" when it did); `takeOver` takes a task. */
  constructor(
    private readonly _session: ISessionContext,
    private readonly _apply: (message: IApply) => string,
    private readonly _takeOver: (message: IHandedOver) => void
  ) {
    _session.kernelChanged.connect(this._onKernelChanged, this);
    this._attach(_session.session?.kernel ?? null);
  }

  /** Whether the kernel has our extension and listens. */
  get isConnected(): boolean {
    return this._context !== null;
  }

  get connectionChanged(): ISignal<this, void> {
    return this._connectionChanged;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._session.kernelChanged.disconnect(this._onKernelChanged, this);
      this._detach();
      Signal.clearData(this);
    }
  }

  /** Tell the kernel what was clicked. */
  act(action: CardAction, id: string): void {
    this._send(actionMessage(action, id));
  }

  /** Tell the kernel what became of edits; `reason` is "" when they were applied. */
  report(id: string, reason: string): void {
    this._send(appliedMessage(id, reason));
  }

  /** Tell the kernel what the page's settings wish for. */
  wish(values: JSONObject): void {
    this._send({ op: 'settings', values });
  }

  /** Push the notebook before a cell of it runs; cells that this kernel has just been sent are not sent again. */
  push(cellId: string, path: string, cells: JSONObject[]): void {
    const known = this._pushed === cells;
    this._send({ op: 'notebook', cell_id: cellId, path, ...(known ? {} : { cells }) });
    this._pushed = cells;
  }

  private _send(message: JSONObject): void {
    if (this._context && !this._context.isDisposed) {
      this._context.send(message);
    }
  }

  private _onKernelChanged(_: ISessionContext, change: { newValue: Kernel.IKernelConnection | null }): void {
    this._attach(change.newValue);
  }

  private _attach(kernel: Kernel.IKernelConnection | null): void {
    this._detach();
    // Of several connections of one page to one kernel only the first handles comms.
    if (!kernel || !kernel.handleComms || this._isDisposed) {
      return;
    }
    this._kernel = kernel;
    kernel.registerCommTarget(KERNEL_TARGET, this._onOpened);
    kernel.statusChanged.connect(this._onStatus, this);
    kernel.connectionStatusChanged.connect(this._onConnection, this);
    void this._find(kernel);
  }

  private _detach(): void {
    const kernel = this._kernel;
    this._kernel = null;
    if (kernel && !kernel.isDisposed) {
      kernel.removeCommTarget(KERNEL_TARGET, this._onOpened);
      kernel.statusChanged.disconnect(this._onStatus, this);
      kernel.connectionStatusChanged.disconnect(this._onConnection, this);
      if (this._context && !this._context.isDisposed) {
        this._context.close();
      }
    }
    this._lose();
  }

  private _onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this._lose();
    }
  }

  private _onConnection(kernel: Kernel.IKernelConnection, status: Kernel.ConnectionStatus): void {
    if (status === 'connected') {
      if (this._context?.isDisposed) {
        this._lose();
      }
      void this._find(kernel);
    }
  }

  /** After a reload of the page, or in a second one, the kernel has opened its comm already. */
  private async _find(kernel: Kernel.IKernelConnection): Promise<void> {
    const reply = await kernel.requestCommInfo({ target_name: KERNEL_TARGET }).catch(() => null);
    if (!reply || reply.content.status !== 'ok' || this._kernel !== kernel) {
      return;
    }
    const [commId] = Object.keys(reply.content.comms).slice(-1);
    if (commId && !kernel.hasComm(commId)) {
      await this._adopt(kernel, kernel.createComm(KERNEL_TARGET, commId));
    }
  }

  private readonly _onOpened = (comm: Kernel.IComm): void => {
    if (this._kernel) {
      // Not awaited: the connection handles no message before this returns.
      void this._adopt(this._kernel, comm);
    }
  };

  private async _adopt(kernel: Kernel.IKernelConnection, comm: Kernel.IComm): Promise<void> {
    this._lose();
    comm.onMsg = message => this._onMessage(kernel, message);
    comm.onClose = () => this._lose();
    const context = kernel.createComm(CONTEXT_TARGET);
    context.onClose = () => {
      if (this._context === context) {
        this._lose();
      }
    };
    await subshellOf(kernel, context);
    if (this._kernel !== kernel || comm.isDisposed || context.isDisposed) {
      return;
    }
    context.open({});
    context.send(HELLO);
    this._context = context;
    this._connectionChanged.emit();
  }

  private _lose(): void {
    const wasConnected = this.isConnected;
    this._context = null;
    this._pushed = null;
    if (wasConnected) {
      this._connectionChanged.emit();
    }
  }

  private _onMessage(kernel: Kernel.IKernelConnection, message: KernelMessage.ICommMsgMsg): void {
    // Every page that shows this kernel hears the message. It is meant for the one that ran the cell.
    const asking = (message.parent_header as { session?: string }).session;
    const apply = readApply(message.content.data);
    if (asking && asking !== kernel.clientId) {
      return;
    }
    if (apply) {
      this.report(apply.id, this._apply(apply));
    }
    const task = readHandedOver(message.content.data);
    if (task) {
      this._takeOver(task);
    }
  }

  private _kernel: Kernel.IKernelConnection | null = null;
  private _context: Kernel.IComm | null = null;
  private _pushed: JSONObject[] | null = null;
  private _isDisposed = false;
  private readonly _connectionChanged = new Signal<this, void>(this);
}

/**
 * Wait for the subshell that carries a comm's messages, where there are subshells: a comm that is opened before stands
 * in the queue behind the running cell, and what follows overtakes it.
 */
async function subshellOf(kernel: Kernel.IKernelConnection, comm: Kernel.IComm): Promise<void> {
  const { commsOverSubshells, subshellStarted } = comm as Kernel.IComm & {
    commsOverSubshells?: string;
    subshellStarted?: Promise<void>;
  };
  const patience = new Promise<void>(resolve => setTimeout(resolve, SUBSHELL_PATIENCE));
  const started = async () => {
    await kernel.info;
    if ((kernel as { supportsSubshells?: boolean }).supportsSubshells && commsOverSubshells !== 'disabled') {
      await subshellStarted;
    }
  };
  await Promise.race([patience, started().catch(() => undefined)]);
}
