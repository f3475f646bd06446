/** The notebook that is in front, and news about it: another one, another name, its end, other facts. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Contents, KernelMessage } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ISignal, Signal } from '@lumino/signaling';
import { isOurs } from '../kernel/our-questions';
import { ActiveNotebook, OpenNotebook } from '../notebook/active-notebook';
import { IFileWidget, OpenFile } from '../notebook/open-file';

export class FollowedNotebook {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _trans: TranslationBundle,
    contents: Contents.IManager
  ) {
    contents.fileChanged.connect(this._onChanged, this);
    _tracker.currentChanged.connect(this._follow, this);
    _tracker.activeCellChanged.connect(this._onFacts, this);
    _tracker.selectionChanged.connect(this._onFacts, this);
    _tracker.widgetAdded.connect((_, panel) => {
      panel.disposed.connect(() => this._onClosed(panel.context.path));
    });
  }

  /** The notebook, null for none. */
  get current(): ActiveNotebook | null {
    if (this._file) {
      return new OpenFile(this._file, this._trans);
    }
    const panel = this._panel;
    return panel && !panel.isDisposed && panel.content.model ? new OpenNotebook(panel) : null;
  }

  /** Its path, also while it is being closed; "" for none. */
  get path(): string {
    return this._path;
  }

  /** Another notebook is in front. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Each is told once, whether it is followed, open or neither. */
  get renamed(): ISignal<this, { readonly path: string; readonly newPath: string }> {
    return this._renamed;
  }

  /** No view of the notebook with this path is open any more. */
  get closed(): ISignal<this, string> {
    return this._closed;
  }

  /** Another cell is selected, or the kernel has come to rest. */
  get factsChanged(): ISignal<this, void> {
    return this._factsChanged;
  }

  /** Look once; changes are told by the signals. */
  start(): void {
    this._follow();
  }

  /** Follow this notebook, until another one is in front. */
  showNotebook(panel: NotebookPanel | null): void {
    if (panel === this._panel) {
      return;
    }
    this.showFile(null);
    this._panel?.context.pathChanged.disconnect(this._onRenamed, this);
    this._panel?.sessionContext.iopubMessage.disconnect(this._onMessage, this);
    this._panel = panel;
    this._path = panel?.context.path ?? '';
    panel?.context.pathChanged.connect(this._onRenamed, this);
    panel?.sessionContext.iopubMessage.connect(this._onMessage, this);
    panel?.disposed.connect(() => this._tracker.currentWidget === null && this._follow());
    this._changed.emit();
  }

  /** Follow a file until a notebook is in front again: null. */
  showFile(file: IFileWidget | null): void {
    if (file === this._file) {
      return;
    }
    this._file?.context.pathChanged.disconnect(this._onRenamed, this);
    this._file?.disposed.disconnect(this._onFileClosed, this);
    this._file = file;
    file?.context.pathChanged.connect(this._onRenamed, this);
    file?.disposed.connect(this._onFileClosed, this);
    this._path = (file ?? this._panel)?.context.path ?? '';
    this._changed.emit();
  }

  private _onFileClosed(): void {
    const path = this._path;
    this.showFile(null);
    this._closed.emit(path);
  }

  private _follow(): void {
    this.showNotebook(this._tracker.currentWidget);
  }

  /** Renamed elsewhere, where nobody tells us but the one in front. */
  private _onRenamed(context: unknown, newPath: string): void {
    if (context === (this._file ?? this._panel)?.context) {
      this._move(this._path, newPath);
    }
  }

  /** A notebook has another path, open or not; so have the open ones of a folder. */
  private _onChanged(_: unknown, { type, oldValue, newValue }: Contents.IChangedArgs): void {
    const [from, to] = [oldValue?.path, newValue?.path];
    if (type === 'rename' && from && to) {
      const paths = new Set([from, this._path]);
      this._tracker.forEach(({ context }) => paths.add(context.path));
      const moved = [...paths].filter(path => path === from || path.startsWith(`${from}/`));
      moved.forEach(path => this._move(path, to + path.slice(from.length)));
    }
  }

  private _move(path: string, newPath: string): void {
    if (path === this._path) {
      this._path = newPath;
    }
    if (path !== newPath) {
      this._renamed.emit({ path, newPath });
    }
  }

  private _onClosed(path: string): void {
    if (!this._tracker.find(panel => !panel.isDisposed && panel.context.path === path)) {
      this._closed.emit(path);
    }
  }

  private _onMessage(_: ISessionContext, message: KernelMessage.IMessage): void {
    if (!KernelMessage.isStatusMsg(message) || message.content.execution_state !== 'idle') {
      return;
    }
    // What the server asked on our behalf ends like a cell; taken for one, it would make us ask again for ever.
    if (!isOurs(message)) {
      this._factsChanged.emit();
    }
  }

  private _onFacts(): void {
    this._factsChanged.emit();
  }

  private _panel: NotebookPanel | null = null;
  private _file: IFileWidget | null = null;
  private _path = '';
  private readonly _changed = new Signal<this, void>(this);
  private readonly _renamed = new Signal<this, { readonly path: string; readonly newPath: string }>(this);
  private readonly _closed = new Signal<this, string>(this);
  private readonly _factsChanged = new Signal<this, void>(this);
}
