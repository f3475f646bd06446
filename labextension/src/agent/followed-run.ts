/** One run of a notebook, followed: its records as they come, and the notebook told back while it goes on. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import type { KernelMessage } from '@jupyterlab/services';
import { ISignal, Signal } from '@lumino/signaling';
import { Client, ClientError } from '../chat/client';
import { Newest } from '../timing';
import type { IPosted } from '../protocol/question';
import { list, oneOf } from '../protocol/json-values';
import { IDecision, NOTHING, readDecision } from './decision';
import { IMeanwhile, readMeanwhile, readRunRecord } from './records';
import { Decision, Run } from './run';
import { reasonOf } from '../protocol/reason';

const TELL_DELAY = 300;
const AGAIN_DELAY = 1000;
const MOST_AGAIN = 30;

export class FollowedRun {
  constructor(
    readonly id: string,
    private readonly _client: Client,
    private readonly _panel: () => NotebookPanel | null
  ) {}

  run = new Run(this.id);
  /** What was decided about it, and what an undo needs. */
  decision: IDecision = NOTHING;
  /** Why it could not go on; "" where it could. */
  problem = '';
  /** The pictures that it was asked with in this page. */
  images: IPosted['images'] = [];
  /** Cells that the user does not want to keep. */
  readonly takenOut = new Set<string>();
  /** The question that was answered by what the user has said before. */
  agreed = '';
  /** What the kernel has done since the copy was made, as far as it was asked. */
  meanwhile: IMeanwhile = readMeanwhile({});
  /** Another page has decided about it while this one showed its review. */
  isElsewhere = false;
  /** Something is being done with it in the notebook. */
  isAtWork = false;

  /** Whether the kernel has gone on since the copy was made. */
  get isStale(): boolean {
    return this.meanwhile.said.length > 0;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Begin it, and follow it to its end. */
  async begin(question: IPosted, isPlan: boolean): Promise<void> {
    this.images = question.images;
    const about = { id: this.id, plan: isPlan };
    await this._follow(() => this._client.beginRun(question, about, this._leaving.signal));
  }

  /** Follow a run that is at work. */
  async goOn(): Promise<void> {
    await this._follow(() => this._client.followRun(this.id, this._leaving.signal));
  }

  /** Show a run that has ended. */
  show(kept: Record<string, unknown>): void {
    list(kept.records).forEach(one => this._take(one));
    if (!this.isDecided(kept)) {
      this._attend();
      this._changed.emit();
    }
  }

  /** Ask what the kernel has done since the copy was made; whether that is news to who has `seen` this. */
  async look(seen = this.meanwhile): Promise<boolean> {
    const { run, id } = this;
    const panel = this._panel();
    if (!panel || !run.end || !run.hasStarted || run.problem || run.decision) {
      return false;
    }
    const { path, sessionContext } = panel.context;
    const asked = { id, path, kernel_id: sessionContext.session?.kernel?.id ?? '', cells: cellsOf(panel) };
    const isNewest = this._asked.begin();
    const response = await this._client.toRun('meanwhile', asked).catch(() => null);
    const told = response ? readMeanwhile(await response.json()) : this.meanwhile;
    this.meanwhile = isNewest() ? told : this.meanwhile;
    this._changed.emit();
    return this.isStale && JSON.stringify(this.meanwhile) !== JSON.stringify(seen);
  }

  /** Whether another page has decided about it meanwhile; what that was is shown then. */
  isDecided(kept: Record<string, unknown>): boolean {
    const state = oneOf(['kept', 'discarded', 'undone'] as const, kept.state, '' as Decision);
    if (kept.id !== this.id || state === '') {
      return false;
    }
    this.run.decision = state;
    this.decision = readDecision(kept.decision);
    this._changed.emit();
    return true;
  }

  /** Add to what was decided. */
  decide(more: Partial<IDecision>): void {
    this.decision = { ...this.decision, ...more };
  }

  /** Something about it has been changed. */
  tell(): void {
    this._changed.emit();
  }

  /** Tell the server at once of the cells that it is about to be told of: an answer may end the run. */
  async tellCells(): Promise<void> {
    const panel = this._panel();
    if (!this._waiting || !panel) {
      return;
    }
    window.clearTimeout(this._waiting);
    this._waiting = 0;
    await this._client.toRun('cells', { id: this.id, cells: cellsOf(panel) }).catch(() => undefined);
  }

  /** Follow it no more; it goes on. */
  leave(): void {
    this._leaving.abort();
    this._watched?.();
    Signal.disconnectReceiver(this);
  }

  private async _follow(begin: () => AsyncGenerator<unknown>): Promise<void> {
    this._watch();
    let records = begin();
    for (let again = 0; !this.run.end && !this._leaving.signal.aborted; again++) {
      try {
        for await (const data of records) {
          this._take(data);
          this._changed.emit();
        }
      } catch (error) {
        if (this._leaving.signal.aborted) {
          break;
        }
        const isGone = error instanceof ClientError && error.status !== 0;
        if (isGone || again >= MOST_AGAIN) {
          this.problem = reasonOf(error);
          break;
        }
      }
      if (!this.run.end) {
        // The connection was lost: the run goes on, and is heard from its beginning again.
        await new Promise(resolve => setTimeout(resolve, AGAIN_DELAY));
        this.run = new Run(this.id);
        records = this._client.followRun(this.id, this._leaving.signal);
      }
    }
    this._watched?.();
    this._attend();
    this._changed.emit();
  }

  /** Look now, and whenever the kernel has run something. */
  private _attend(): void {
    const context = this._panel()?.sessionContext;
    context?.iopubMessage.connect(this._hear, this);
    void context?.ready.then(() => this.look());
  }

  private _hear(_: unknown, { header, content }: KernelMessage.IMessage): void {
    // Our own questions run nothing that is told of.
    if (header.msg_type === 'execute_input') {
      this._hasRun = true;
    } else if (this._hasRun && (content as { execution_state?: string }).execution_state === 'idle') {
      this._hasRun = false;
      void this.look();
    }
  }

  private _take(data: unknown): void {
    const record = readRunRecord(data);
    if (record) {
      this.run.take(record);
    }
    if (record?.type === 'ended') {
      // What failed, and was not mended, is no part of the result unless the user says so; nor is text that he has
      // refused: it would load at once.
      const { touched } = this.run;
      const failed = touched.filter(({ state, error, refused }) => state === 'new' && error && !refused.length);
      const refused = touched.filter(cell => cell.kind === 'markdown' && cell.refused.length > 0);
      [...failed, ...refused].forEach(cell => this.takenOut.add(cell.id));
    }
  }

  /** Tell the server of the notebook's cells, now and whenever they change. */
  private _watch(): void {
    const panel = this._panel();
    const notebook = panel?.content.model?.sharedModel;
    if (!notebook) {
      return;
    }
    const soon = () => {
      window.clearTimeout(this._waiting);
      this._waiting = window.setTimeout(() => void this.tellCells(), TELL_DELAY);
    };
    notebook.changed.connect(soon);
    // What is not told of by the notebook: the text of its cells.
    panel.content.model!.contentChanged.connect(soon);
    soon();
    this._watched = () => {
      window.clearTimeout(this._waiting);
      this._waiting = 0;
      notebook.changed.disconnect(soon);
      panel.content.model?.contentChanged.disconnect(soon);
      this._watched = null;
    };
  }

  private readonly _asked = new Newest();
  private _hasRun = false;
  /** The timer of what the server is about to be told; 0 for nothing. */
  private _waiting = 0;
  private _watched: (() => void) | null = null;
  private readonly _leaving = new AbortController();
  private readonly _changed = new Signal<this, void>(this);
}

function cellsOf(panel: NotebookPanel): object[] {
  const { cells } = panel.content.model!.sharedModel;
  return cells.map(cell => ({ id: cell.id, cell_type: cell.cell_type, source: cell.getSource() }));
}
