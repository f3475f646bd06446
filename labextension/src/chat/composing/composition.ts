/**
 * What is being written, and what goes along with it or does not: state and rules, sends nothing and draws nothing.
 */

import { ISignal, Signal } from '@lumino/signaling';
import type { ActiveNotebook } from '../../notebook/active-notebook';
import type { IVariable } from '../../protocol/sent';
import type { Task } from '../../protocol/tasks';
import type { IAsked } from '../conversation/exchange';
import { askedAbout, fileName } from './asking';
import { IMentionable, mention } from './mentions';
import type { IPicture } from './pictures';
import { readTyped } from './slash-commands';

/** Of a message, in characters: more is a file, and belongs into one. */
export const LONGEST_DRAFT = 100_000;

/** A cell in a message. */
const CELL = /@(cell(?:\[\d+\]|#\d+))/g;

/** What is known of the notebook's surroundings. */
export interface IKnown {
  readonly variables: readonly IVariable[];
  readonly files: readonly string[];
}

export class Composition {
  constructor(
    private readonly _notebook: () => ActiveNotebook | null,
    private readonly _known: () => IKnown,
    private readonly _hasVision: () => boolean
  ) {}

  /** What stands in the field. */
  draft = '';
  /** Those that were pasted or dropped. */
  pictures: readonly IPicture[] = [];

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether pictures of the selected cell go along: of this very one, not of the next that is selected. */
  get withImages(): boolean {
    return this._pictured !== '' && this._pictured === this._notebook()?.activeCellId;
  }

  /** Keys of what was taken out, with what each is called. */
  get excluded(): ReadonlyMap<string, string> {
    return this._excluded;
  }

  /** Those of the kernel, as far as they are known; another list whenever it was asked again. */
  get variables(): readonly IVariable[] {
    return this._known().variables;
  }

  /** What "@" can complete to; reads every cell. */
  get mentionable(): IMentionable {
    const notebook = this._notebook();
    const { variables, files } = this._known();
    const cells = notebook?.cells ?? [];
    return {
      variables,
      cells: cells.map(({ id, sign, source }) => ({ id, sign, firstLine: source.split('\n', 1)[0] })),
      files,
      hasSelection: (notebook?.selection ?? '') !== ''
    };
  }

  /** How many pictures the selected cell shows, and the model can look at. */
  get imageCount(): number {
    const notebook = this._notebook();
    return this._hasVision() && notebook ? notebook.imagesOf(notebook.activeCellId).length : 0;
  }

  setDraft(draft: string): void {
    this._write(draft);
    this._changed.emit();
  }

  setPictures(pictures: readonly IPicture[]): void {
    this.pictures = pictures;
    this._changed.emit();
  }

  setImages(withImages: boolean): void {
    this._pictured = withImages ? (this._notebook()?.activeCellId ?? '') : '';
    this._changed.emit();
  }

  /** Take something out of what is sent. */
  exclude(key: string, name: string): void {
    this._excluded.set(key, name);
    this._changed.emit();
  }

  /** Put it back. */
  include(key: string): void {
    this._excluded.delete(key);
    this._changed.emit();
  }

  /** What stands for a cell in a message, "" for one that is not there. */
  nameOf(cellId: string): string {
    const sign = this._notebook()?.cells.find(one => one.id === cellId)?.sign;
    return sign ? `cell${sign}` : '';
  }

  /** The draft with cells and files mentioned behind it. */
  mentioning(cellIds: readonly string[], paths: readonly string[]): string {
    const files = paths.map(path => fileName(path, this._notebook()?.folder ?? ''));
    const cells = cellIds.map(id => this.nameOf(id)).filter(Boolean);
    const words = [...cells, ...files].map(mention).join('');
    const gap = this.draft === '' || /\s$/.test(this.draft) ? '' : ' ';
    return words ? this.draft + gap + words : this.draft;
  }

  /** Begin with this; what was attached beside belongs to something else. */
  begin(draft: string, pictures: readonly IPicture[]): void {
    this._cells = new Map();
    this._write(draft);
    this.pictures = pictures;
    this._pictured = '';
    this._excluded.clear();
    this._changed.emit();
  }

  /** A question with what its mentions attach; `pictures` are for the one that is being written alone. */
  asked(typed: string, task: Task, question: string, { pictures = [] as readonly IPicture[] } = {}): IAsked {
    const known = question.includes('@') ? this.mentionable : null;
    const named = [...this._cells].map(([name, id]) => ({ id, sign: name.slice('cell'.length), firstLine: '' }));
    const { withImages } = this;
    return askedAbout(this._notebook(), known && { ...known, cells: [...known.cells, ...named] }, { typed, task, question, withImages, pictures });
  }

  /** What the draft would ask. */
  get written(): IAsked {
    return this.asked(this.draft, 'chat', readTyped(this.draft).text || '…');
  }

  /** A cell that is mentioned may run before the message is sent: it is the one that was called so at first. */
  private _write(draft: string): void {
    const cells = draft.includes('@cell') ? (this._notebook()?.cells ?? []) : [];
    const names = cells.length > 0 ? [...draft.matchAll(CELL)].map(([, name]) => name) : [];
    this._cells = new Map(
      names.flatMap(name => {
        const before = this._cells.get(name);
        const cell = cells.find(({ id }) => id === before) ?? cells.find(({ sign }) => name === `cell${sign}`);
        return cell ? [[name, cell.id]] : [];
      })
    );
    this.draft = draft;
  }

  /** Ids of the cells that the draft mentions, by what they are called in it. */
  private _cells: ReadonlyMap<string, string> = new Map();
  /** Id of the cell whose pictures go along, "" for none. */
  private _pictured = '';
  private readonly _excluded = new Map<string, string>();
  private readonly _changed = new Signal<this, void>(this);
}
