/**
 * One link for every kernel session that a notebook of this page shows, and what the kernel asks of its notebook.
 */

import type { ISessionContext } from '@jupyterlab/apputils';
import { Notification } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSONObject } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';
import { OpenNotebook } from '../notebook/active-notebook';
import { cellName } from '../notebook/cell-name';
import { CardNews } from './card-news';
import { KernelLink } from './kernel-link';
import type { IApply, IHandedOver } from '../protocol/kernel-messages';
import type { Preferences } from '../preferences/preferences';
import { refusalText } from '../notebook/refusal-text';

interface ILinked {
  readonly link: KernelLink;
  readonly news: CardNews;
  /** Several views may show one notebook. */
  readonly panels: Set<NotebookPanel>;
}

export class NotebookLinks {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _preferences: Preferences,
    private readonly _trans: TranslationBundle
  ) {
    _preferences.changed.connect(() => this._linked.forEach(({ link }) => this._wish(link)));
    _tracker.forEach(panel => this._add(panel));
    _tracker.widgetAdded.connect((_, panel) => this._add(panel));
    NotebookActions.executionScheduled.connect((_, { notebook, cell }) => {
      const panel = _tracker.find(one => one.content === notebook);
      if (panel) {
        this._push(panel, cell.model.id);
      }
    });
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** A cell of this notebook has handed a whole task over. */
  get handedOver(): ISignal<this, { readonly panel: NotebookPanel; readonly task: IHandedOver }> {
    return this._handedOver;
  }

  /** The link of a notebook's kernel, null when the kernel does not listen. */
  of(panel: NotebookPanel): KernelLink | null {
    const link = this._linked.get(panel.sessionContext)?.link;
    return link?.isConnected ? link : null;
  }

  /** Whether the notebook's kernel works on this card, or may begin to. */
  isAtWork(panel: NotebookPanel, cardId: string): boolean {
    return this._linked.get(panel.sessionContext)?.news.has(cardId) ?? false;
  }

  private _wish(link: KernelLink): void {
    const { wishes } = this._preferences;
    if (link.isConnected && wishes) {
      link.wish(wishes);
    }
  }

  private _add(panel: NotebookPanel): void {
    const session = panel.sessionContext;
    const linked = this._linked.get(session) ?? this._open(session);
    linked.panels.add(panel);
    panel.disposed.connect(() => {
      linked.panels.delete(panel);
      if (linked.panels.size === 0) {
        this._linked.delete(session);
        linked.link.dispose();
        linked.news.dispose();
      }
    });
  }

  private _open(session: ISessionContext): ILinked {
    const panels = new Set<NotebookPanel>();
    const linked = {
      panels,
      link: new KernelLink(
        session,
        message => this._apply(panels, message),
        task => this._handOver(panels, task)
      ),
      news: new CardNews(session, (id, data) => {
        // Views of one notebook share its cells.
        const [panel] = panels;
        new OpenNotebook(panel).updateCard(id, data);
      })
    };
    linked.link.connectionChanged.connect(() => {
      this._wish(linked.link);
      this._changed.emit();
    });
    linked.news.changed.connect(() => this._changed.emit());
    this._linked.set(session, linked);
    return linked;
  }

  private _handOver(panels: Set<NotebookPanel>, task: IHandedOver): void {
    const current = this._tracker.currentWidget;
    const [panel] = current && panels.has(current) ? [current] : panels;
    if (panel) {
      this._handedOver.emit({ panel, task });
    }
  }

  /** The kernel asks: apply, run what it says, or say on the screen why not. */
  private _apply(panels: Set<NotebookPanel>, { edits, anchor, run }: IApply): string {
    const current = this._tracker.currentWidget;
    const [panel] = current && panels.has(current) ? [current] : panels;
    if (!panel?.content.model) {
      return 'no notebook';
    }
    const notebook = new OpenNotebook(panel);
    const { plan } = notebook.apply(edits, anchor);
    if (!plan.ok) {
      const reason = refusalText(this._trans, plan.why, cellName(this._trans, notebook, plan.cellId));
      Notification.error(reason);
      return reason;
    }
    void notebook.run(run);
    return '';
  }

  private _push(panel: NotebookPanel, cellId: string): void {
    const link = this.of(panel);
    const cells = link && this._snapshot(panel);
    if (cells) {
      link.push(cellId, panel.context.localPath, cells);
    }
  }

  /** "Run All" schedules every cell within one task; they share one snapshot. */
  private _snapshot(panel: NotebookPanel): JSONObject[] | null {
    if (!this._snapshots.has(panel)) {
      this._snapshots.set(panel, new OpenNotebook(panel).snapshot() as JSONObject[] | null);
      setTimeout(() => this._snapshots.delete(panel), 0);
    }
    return this._snapshots.get(panel) ?? null;
  }

  private readonly _linked = new Map<ISessionContext, ILinked>();
  private readonly _snapshots = new Map<NotebookPanel, JSONObject[] | null>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _handedOver = new Signal<this, { readonly panel: NotebookPanel; readonly task: IHandedOver }>(this);
}
