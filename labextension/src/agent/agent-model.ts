/**
 * What the sidebar knows of runs: the one about the notebook that is in front, and what the user decides about it.
 *
 * Draws nothing. Nothing here is ever answered, kept or run but by a click of the user.
 */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../chat/client';
import { IPutIn, IWanted, putIn, takeOut } from '../notebook/draft-cells';
import { OpenNotebook } from '../notebook/active-notebook';
import { asShown, showing } from '../notebook/shown-displays';
import { IRanForReal, runUntrusted } from '../notebook/untrusted-run';
import type { IPosted } from '../protocol/question';
import { list, record, text } from '../protocol/json-values';
import { IDifference, difference } from './comparing';
import { IOutcome, readChanges } from './decision';
import { FollowedRun } from './followed-run';
import type { IRunCell, Output } from './records';
import { harmless, harmlessData } from './untrusted-outputs';
import { reasonOf } from '../protocol/reason';

export type Mode = 'ask' | 'do';

export interface IAgentNeeds {
  readonly client: Client;
  readonly tracker: INotebookTracker;
  readonly rendermime: IRenderMimeRegistry;
  readonly trans: TranslationBundle;
  /** A question about the notebook that is in front, as it would be asked now, with these words. */
  posted(task: string): IPosted;
  /** Say something to everybody, until it is over. */
  notify(text: string, isOver?: () => boolean): void;
}

interface IStart {
  readonly isPlan?: boolean;
  readonly model?: string;
  readonly route?: string;
  /** Pictures instead of those that lie beside the draft. */
  readonly images?: IPosted['images'];
}

interface IUpdate {
  readonly outputs: readonly Output[];
  readonly cells: readonly string[];
}

export class AgentModel {
  constructor(private readonly _needs: IAgentNeeds) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether the next message is a question or a task. */
  get mode(): Mode {
    return this._modes.get(this._path) ?? 'ask';
  }

  /** What stands for something that is not drawn before the user himself runs its cell. */
  get instead(): string {
    return this._needs.trans.__('(What this cell shows is drawn when you run it yourself.)');
  }

  setMode(mode: Mode): void {
    this._modes.set(this._path, mode);
    this._changed.emit();
  }

  /** Whether the next task is only to be planned. */
  get isPlan(): boolean {
    return this._isPlan;
  }

  setPlan(isPlan: boolean): void {
    this._isPlan = isPlan;
    this._changed.emit();
  }

  /** The run about the notebook in front, null for none. */
  get current(): FollowedRun | null {
    return this._runs.get(this._path) ?? null;
  }

  /** Another notebook is in front: its run is found again, after a reload, too. */
  async open(path: string): Promise<void> {
    this._path = path;
    if (path && !this._runs.has(path)) {
      const kept = await this._needs.client.lastRun(path).catch(() => ({}) as Record<string, unknown>);
      const id = text(kept.id);
      // Of what is over and done with nothing is left to be said.
      const isOver = kept.state === 'discarded' || kept.state === 'undone';
      if (id && !isOver && !this._runs.has(path)) {
        const found = this._add(path, id);
        if (kept.state === 'running' || kept.state === 'waiting') {
          this._modes.set(path, 'do');
          void found.goOn();
        } else {
          found.show(kept);
        }
      }
    }
    this._changed.emit();
  }

  rename(path: string, newPath: string): void {
    for (const map of [this._runs, this._modes] as Map<string, unknown>[]) {
      if (map.has(path)) {
        map.set(newPath, map.get(path));
        map.delete(path);
      }
    }
    this._path = this._path === path ? newPath : this._path;
  }

  /** Whether a task can be begun now; says why not. */
  mayStart(): boolean {
    const { trans, notify } = this._needs;
    const { current } = this;
    const isFree = () => !current || !!current.run.end || !!current.problem || current !== this.current;
    if (!this._path) {
      notify(trans.__('Open the notebook first: the cells run there.'));
    } else if (!isFree()) {
      notify(trans.__('A run about this notebook is at work: stop it first.'), isFree);
    }
    return this._path !== '' && isFree();
  }

  /** Have a task done; one at a time about a notebook. */
  async start(task: string, { isPlan = false, model = '', route = '', images }: IStart = {}): Promise<void> {
    const { current, _path: path } = this;
    if (!this.mayStart()) {
      return;
    }
    this._isPlan = false;
    current?.leave();
    this._modes.set(path, 'do');
    const started = this._add(path, UUID.uuid4());
    this._changed.emit();
    const named = { ...(model && { model }), ...(route && { route }) };
    await started.begin({ ...this._needs.posted(task), ...named, ...(images && { images }) }, isPlan);
  }

  /** Carry out the plan that a run has made. */
  async go(): Promise<void> {
    const { current } = this;
    if (current?.run.end) {
      const { task, end } = current.run;
      const { images } = current;
      await this.start(`${task}\n\nThe plan, which the user has agreed to:\n${end.summary}`, { images });
    }
  }

  /** End the run about a notebook, by default about the one in front. */
  stop(path = this._path): void {
    const followed = this._runs.get(path);
    if (followed) {
      void this._tell(followed, 'stop', {});
    }
  }

  /** Ask about every cell of this run again. */
  revoke(): void {
    const { current } = this;
    if (current) {
      void this._tell(current, 'cells', { revoke: true });
    }
  }

  /** Answer the question of the run; a yes may have cells run for real, which are put in for that. */
  async answer(isAllowed: boolean, remembers = false): Promise<void> {
    const followed = this.current;
    const question = followed?.run.question;
    if (!followed || !question || followed.isAtWork) {
      return;
    }
    const more =
      isAllowed && question.isForReal ? await this._busy(followed, () => this._runForReal(followed)) : {};
    if (more) {
      await followed.tellCells();
      await this._tell(followed, 'answer', { question: question.name, allowed: isAllowed, remembers, ...more });
    }
  }

  /** Take a cell out of what is kept, or put it back. */
  toggle(cellId: string): void {
    const { current } = this;
    if (current && !current.takenOut.delete(cellId)) {
      current.takenOut.add(cellId);
    }
    current?.tell();
  }

  /** What a cell of the run makes of displays that other cells show, and the ids of these. */
  updatesOf(cell: IRunCell, { run } = this.current!): IUpdate[] {
    const panel = this._panelOf(this.current);
    return cell.updates.flatMap(({ display, outputs }) => {
      const drafted = run.cells.filter(one => one.shows.includes(display)).map(one => one.id);
      const cells = [...new Set([...drafted, ...showing(panel, display)])].filter(id => id !== cell.id);
      return cells.length > 0 ? [{ outputs, cells }] : [];
    });
  }

  /** Put the cells into the notebook; `run` also runs them, one after the other, and compares. */
  async keep({ run = false } = {}): Promise<void> {
    const followed = this.current;
    const panel = this._panelOf(followed);
    if (!followed || !panel || followed.run.decision || followed.isAtWork) {
      return;
    }
    const seen = followed.meanwhile;
    await this._busy(followed, async () => {
      if (await this._isDecided(followed)) {
        return;
      }
      if (await followed.look(seen)) {
        this._needs.notify(this._needs.trans.__('Nothing is kept yet: see what the kernel has done meanwhile.'));
        return;
      }
      const cells = this._kept(followed);
      const { changes, left } = putInto(panel, followed, cells);
      followed.decide({
        changes: [...readChanges(followed.run.realChanges), ...changes],
        left,
        hasRun: run
      });
      followed.run.decision = 'kept';
      followed.tell();
      const first = changes.find(one => one.state !== 'deleted');
      if (first) {
        new OpenNotebook(panel).select(first.id);
      }
      await this._decide(followed);
      if (run) {
        const not = new Set([...left.map(([id]) => id), ...(followed.run.end?.real ?? [])]);
        await this._runAndCompare(followed, panel, cells.filter(cell => !not.has(cell.id)));
        await this._decide(followed);
      }
    });
  }

  /** Keep nothing; what a yes has put in already is taken out. */
  async undoOrDiscard(): Promise<void> {
    const followed = this.current;
    if (!followed || followed.run.decision || (await this._isDecided(followed))) {
      return;
    }
    if (followed.run.realChanges.length > 0) {
      followed.decide({ changes: readChanges(followed.run.realChanges), hasRun: true });
      await this.undo();
      return;
    }
    followed.run.decision = 'discarded';
    followed.tell();
    await this._decide(followed);
  }

  /** Bring everything back that the run has changed, and the user has not changed since. */
  async undo(): Promise<void> {
    const followed = this.current;
    const panel = this._panelOf(followed);
    if (!followed || !panel || followed.isAtWork) {
      return;
    }
    const { changes } = followed.decision;
    const left = takeOut(panel, changes);
    followed.decide({ leftByUndo: left ?? changes.map(one => one.id) });
    followed.tell();
    // Of a run that is in the notebook of another page nothing is undone here.
    if (!left && followed.run.decision) {
      return;
    }
    followed.run.decision = 'undone';
    followed.tell();
    await this._decide(followed);
  }

  /** Show no run any more; one without a result is decided by that. */
  dismiss(): void {
    const followed = this.current;
    if (followed?.run.end && !followed.run.decision) {
      followed.run.decision = 'discarded';
      void this._decide(followed);
    }
    followed?.leave();
    this._runs.delete(this._path);
    this._changed.emit();
  }

  /** The cells that would be kept. */
  private _kept(followed: FollowedRun): IRunCell[] {
    return followed.run.touched.filter(cell => !followed.takenOut.has(cell.id));
  }

  /** Put the cells of a question in and run them; null where that cannot be, which is said. */
  private async _runForReal(followed: FollowedRun): Promise<object | null> {
    const { trans, notify } = this._needs;
    const question = followed.run.question!;
    const panel = this._panelOf(followed);
    if (!panel) {
      notify(trans.__('Open the notebook first: the cells run there.'));
      return null;
    }
    const cells = [...question.before, question.cell].flatMap(id => {
      const cell = followed.run.cell(id);
      return cell ? [id === question.cell ? { ...cell, source: question.source } : cell] : [];
    });
    const changedOne = trans.__('You have changed one of these cells meanwhile: it was not run.');
    const { changes, left } = putInto(panel, followed, cells);
    if (left.length > 0) {
      takeOut(panel, changes);
      notify(changedOne);
      return null;
    }
    const ran = [];
    for (const cell of cells.filter(one => one.kind === 'code')) {
      const real = await this._run(panel, cell);
      if (!real) {
        notify(changedOne);
        return { ran, changes, allowed: false };
      }
      ran.push({ cell: cell.id, ...real });
      if (real.error) {
        break;
      }
    }
    return { ran, changes };
  }

  private async _runAndCompare(followed: FollowedRun, panel: NotebookPanel, cells: readonly IRunCell[]): Promise<void> {
    const { rendermime } = this._needs;
    for (const cell of cells.filter(one => one.kind === 'code' && one.state !== 'deleted')) {
      const clean = (shown: readonly Output[]) => harmless(shown, rendermime.sanitizer, this.instead);
      const updates = this.updatesOf(cell, followed);
      const { changes } = followed.decision;
      const others = [...new Set(updates.flatMap(one => one.cells))].filter(id => !changes.some(one => one.id === id));
      followed.decide({ changes: [...changes, ...others.flatMap(id => asShown(panel, id))] });
      const ran = await this._run(panel, cell);
      if (!ran) {
        followed.decide({ left: [...followed.decision.left, [cell.id, 'not run']] });
        followed.tell();
        continue;
      }
      const { outputs, error } = ran;
      const differs = updates.reduce(
        (found, update) => found ?? missed(panel, update.cells, clean(update.outputs)),
        difference(clean(cell.outputs), outputs)
      );
      const outcome: IOutcome = {
        cell: cell.id,
        isSame: differs === null,
        error,
        rehearsed: differs?.rehearsed ?? '',
        real: differs?.real ?? ''
      };
      followed.decide({ outcomes: [...followed.decision.outcomes, outcome] });
      followed.tell();
      if (error) {
        return;
      }
    }
  }

  private async _run(panel: NotebookPanel, cell: IRunCell): Promise<IRanForReal | null> {
    const { sanitizer } = this._needs.rendermime;
    const clean = (data: Record<string, unknown>) => harmlessData(data, sanitizer, this.instead);
    return runUntrusted(panel, cell, clean).catch(error => ({ outputs: [], error: String(error) }));
  }

  private async _busy<T>(followed: FollowedRun, work: () => Promise<T>): Promise<T> {
    followed.isAtWork = true;
    followed.tell();
    try {
      return await work();
    } finally {
      followed.isAtWork = false;
      followed.tell();
    }
  }

  /** Whether another page has decided meanwhile. */
  private async _isDecided(followed: FollowedRun): Promise<boolean> {
    const none = {} as Record<string, unknown>;
    const kept = await this._needs.client.lastRun(this._pathOf(followed)).catch(() => none);
    return (followed.isElsewhere = followed.isDecided(kept));
  }

  private async _decide(followed: FollowedRun): Promise<void> {
    const path = this._pathOf(followed);
    await this._tell(followed, 'decide', { path, state: followed.run.decision, decision: followed.decision });
  }

  private async _tell(followed: FollowedRun, what: 'stop' | 'answer' | 'cells' | 'decide', body: object): Promise<void> {
    try {
      await this._needs.client.toRun(what, { id: followed.id, ...body });
    } catch (error) {
      this._needs.notify(reasonOf(error));
    }
  }

  private _add(path: string, id: string): FollowedRun {
    const followed: FollowedRun = new FollowedRun(id, this._needs.client, () => this._panelOf(followed));
    followed.changed.connect(() => {
      this._changed.emit();
      const question = followed.run.question;
      // Said once by a click, for cells that the rules find harmless: the server knows, and says which these are.
      if (question?.isAgreed && followed === this.current && question.name !== followed.agreed) {
        followed.agreed = question.name;
        void this.answer(true, true);
      }
    });
    this._runs.set(path, followed);
    return followed;
  }

  private _panelOf(followed: FollowedRun | null): NotebookPanel | null {
    const path = followed && this._pathOf(followed);
    const isIt = (one: NotebookPanel) => !one.isDisposed && one.context.path === path && one.content.model !== null;
    return (path && this._needs.tracker.find(isIt)) || null;
  }

  private _pathOf(followed: FollowedRun): string {
    return [...this._runs].find(([, one]) => one === followed)?.[0] ?? '';
  }

  private _path = '';
  private _isPlan = false;
  private readonly _runs = new Map<string, FollowedRun>();
  private readonly _modes = new Map<string, Mode>();
  private readonly _changed = new Signal<this, void>(this);
}

/** Where an update of a display has not become of these cells what it became in the rehearsal. */
function missed(panel: NotebookPanel, cells: readonly string[], update: readonly Output[]): IDifference | null {
  const shown = cells.flatMap(id => asShown(panel, id)).map(({ cell }) => list(record(cell).outputs).map(record));
  const other = shown.find(outputs => !outputs.some(one => difference(update, [one]) === null));
  return other ? difference(update, other) : null;
}

function putInto(panel: NotebookPanel, { run }: FollowedRun, cells: readonly IRunCell[]): IPutIn {
  return putIn(panel, cells as readonly IWanted[], id => run.cell(id)?.above ?? '');
}

/** Effects of cells that ran for real: what no undo takes back. */
export function effectsOf({ run, decision }: FollowedRun): string[] {
  const ran = new Set(decision.outcomes.map(outcome => outcome.cell));
  const refused = run.cells.filter(cell => ran.has(cell.id)).flatMap(cell => cell.refused);
  return [...new Set([...run.realEffects, ...refused])];
}
