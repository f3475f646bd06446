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
  /** Whether pictures of the selected cell go along. */
  withImages = false;
  /** Those that were pasted or dropped. */
  pictures: readonly IPicture[] = [];

  get changed(): ISignal<this, void> {
    return this._changed;
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
      files: [...new Set([...files, ...this._dropped])],
      hasSelection: (notebook?.selection ?? '') !== ''
    };
  }

  /** How many pictures the selected cell shows, and the model can look at. */
  get imageCount(): number {
    const notebook = this._notebook();
    return this._hasVision() && notebook ? notebook.imagesOf(notebook.activeCellId).length : 0;
  }

  setDraft(draft: string): void {
    this.draft = draft;
    this._changed.emit();
  }

  setPictures(pictures: readonly IPicture[]): void {
    this.pictures = pictures;
    this._changed.emit();
  }

  setImages(withImages: boolean): void {
    this.withImages = withImages;
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
    files.forEach(name => this._dropped.add(name));
    const cells = cellIds.map(id => this.nameOf(id)).filter(Boolean);
    const words = [...cells, ...files].map(mention).join('');
    const gap = this.draft === '' || /\s$/.test(this.draft) ? '' : ' ';
    return words ? this.draft + gap + words : this.draft;
  }

  /** Begin with this; what was attached beside belongs to something else. */
  begin(draft: string, pictures: readonly IPicture[]): void {
    this.draft = draft;
    this.pictures = pictures;
    this.withImages = false;
    this._dropped.clear();
    this._excluded.clear();
    this._changed.emit();
  }

  /** A question with what its mentions attach; `pictures` are for the one that is being written alone. */
  asked(typed: string, task: Task, question: string, { pictures = [] as readonly IPicture[] } = {}): IAsked {
    const known = question.includes('@') ? this.mentionable : null;
    const { withImages } = this;
    return askedAbout(this._notebook(), known, { typed, task, question, withImages, pictures });
  }

  /** What the draft would ask. */
  get written(): IAsked {
    return this.asked(this.draft, 'chat', readTyped(this.draft).text || '…');
  }

  private readonly _excluded = new Map<string, string>();
  /** Names of files that were dropped; they need not lie beside the notebook. */
  private readonly _dropped = new Set<string>();
  private readonly _changed = new Signal<this, void>(this);
}
