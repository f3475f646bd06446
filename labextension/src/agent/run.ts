/** One run as a page knows it: what its records say, taken together. Draws nothing, touches no cell. */

import { IPlanItem, readPlan, ticked } from './plan';
import type { IRunCell, IRunEnd, IRunQuestion, Output, RunRecord } from './records';

/** How a cell was before it was repaired. */
export interface IAttempt {
  readonly source: string;
  readonly error: string;
  readonly outputs: readonly Output[];
}

export type RunState = 'waiting' | 'running' | 'asking' | 'review';
export type Decision = '' | 'kept' | 'discarded' | 'undone';

export class Run {
  constructor(readonly id: string) {}

  task = '';
  isPlan = false;
  mostSteps = 0;
  step = 0;
  promptTokens = 0;
  replyTokens = 0;
  model = '';
  /** That there is no copy of the kernel, and why; "" where there is one. */
  problem = '';
  /** Whether a policy lets its cells run for real. */
  mayRun = true;
  hasStarted = false;
  /** What this one waits for, in words; "" where it does not wait. */
  waitsFor = '';
  /** What was said last, until something else is done. */
  said = '';
  /** Text of the reply that is arriving. */
  reply = '';
  question: IRunQuestion | null = null;
  isRemembered = false;
  end: IRunEnd | null = null;
  decision: Decision = '';
  /** What the user's answers have changed in the notebook already; see `notebook/draft-cells`. */
  readonly realChanges: unknown[] = [];
  /** Effects that they have had. */
  readonly realEffects: string[] = [];

  /** The cells that the run has made something of, in the order of the notebook as it would be. */
  get cells(): readonly IRunCell[] {
    const cells = [...this._cells.values()];
    const placed: IRunCell[] = [];
    // A cell stands behind the one above it, where that is of the run, too.
    for (const cell of cells) {
      const at = placed.findIndex(one => one.id === cell.above);
      placed.splice(at < 0 ? placed.length : at + 1, 0, cell);
    }
    return placed;
  }

  /** Those that are new, changed or deleted. */
  get touched(): readonly IRunCell[] {
    return this.cells.filter(cell => cell.state !== 'as it was');
  }

  cell(id: string): IRunCell | null {
    return this._cells.get(id) ?? null;
  }

  /** How this cell was before, oldest first. */
  attempts(id: string): readonly IAttempt[] {
    return this._attempts.get(id) ?? [];
  }

  get state(): RunState {
    if (this.end) {
      return 'review';
    }
    return this.question ? 'asking' : this.waitsFor ? 'waiting' : 'running';
  }

  get plan(): readonly IPlanItem[] {
    const clean = this.touched.filter(cell => cell.hasRun && !cell.error && !cell.problem).length;
    return ticked(this._plan, this._later, clean, this.end?.how === 'done' && !this.isPlan);
  }

  /** Take the next record. */
  take(record: RunRecord): void {
    switch (record.type) {
      case 'run':
        [this.task, this.isPlan, this.mostSteps] = [record.task, record.isPlan, record.steps];
        break;
      case 'waiting':
        this.waitsFor = record.text;
        break;
      case 'started':
        [this.model, this.problem, this.mayRun] = [record.model, record.problem, record.mayRun];
        [this.hasStarted, this.waitsFor, this.said] = [true, '', ''];
        break;
      case 'step':
        this._endReply();
        this.step = record.step;
        [this.promptTokens, this.replyTokens, this.said] = [record.promptTokens, record.replyTokens, ''];
        break;
      case 'text':
        this.reply += record.text;
        break;
      case 'retraction':
        this.reply = '';
        break;
      case 'say':
        this.said = record.text;
        break;
      case 'running':
        this._endReply();
        break;
      case 'ran':
        this.said = '';
        break;
      case 'cell':
        this._takeCell(record.cell);
        break;
      case 'question':
        this.question = record.question;
        break;
      case 'answered':
        if (record.isAllowed && this.question?.isForReal && this.question.effect) {
          this.realEffects.push(this.question.effect);
        }
        this.question = null;
        this.realChanges.push(...record.changes);
        break;
      case 'remembered':
        this.isRemembered = record.isOn;
        break;
      case 'ended':
        this._endReply();
        [this.end, this.question, this.waitsFor, this.said] = [record.end, null, '', ''];
        break;
    }
  }

  private _takeCell(cell: IRunCell): void {
    const before = this._cells.get(cell.id);
    if (before && before.source !== cell.source && before.hasRun) {
      const { source, error, outputs } = before;
      this._attempts.set(cell.id, [...this.attempts(cell.id), { source, error, outputs }]);
    }
    this._cells.set(cell.id, cell);
  }

  private _endReply(): void {
    if (!this.reply.trim()) {
      return;
    }
    if (this._plan.length === 0 && !this._later) {
      this._plan = readPlan(this.reply);
      this._later = ' ';
    } else {
      this._later += `\n${this.reply}`;
    }
    this.reply = '';
  }

  private readonly _cells = new Map<string, IRunCell>();
  private readonly _attempts = new Map<string, readonly IAttempt[]>();
  private _plan: readonly IPlanItem[] = [];
  private _later = '';
}
