/**
 * A text file in an editor, as the sidebar can be about it. The only module that reads or changes one.
 */

import type { ISharedText } from '@jupyter/ydoc';
import { PathExt } from '@jupyterlab/coreutils';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { EditorView } from '@codemirror/view';
import type { Widget } from '@lumino/widgets';
import type { ActiveNotebook, IApplied, ICellView } from './active-notebook';
import type { Refused } from './edit-plan';
import { IPart, partsOf, placeOf, subjectOf } from './file-parts';
import { stopCapturing } from './undo-steps';
import type { IEdit } from '../protocol/edit';

/** What a file editor has; its class is not loaded here. */
export interface IFileWidget extends Widget {
  readonly context: DocumentRegistry.Context;
  readonly content: Widget & { readonly editor: CodeEditor.IEditor };
}

/** More is not sent: it would fill every window. */
const LONGEST = 2_000_000;
const MARKDOWN = /markdown|ipythongfm/;
const LANGUAGES: readonly [RegExp, string][] = [
  [/i?python/, 'python'],
  [/r-?src/, 'r'],
  [/x-sh/, 'bash']
];

export function isFileWidget(widget: Widget | null): widget is IFileWidget {
  const { context, content } = (widget ?? {}) as Partial<IFileWidget>;
  return !!context?.path && !!content?.editor && typeof content.editor.model?.sharedModel?.getSource === 'function';
}

export class OpenFile implements ActiveNotebook {
  constructor(
    readonly widget: IFileWidget,
    private readonly _trans: TranslationBundle
  ) {}

  get isReadOnly(): boolean {
    const { contentsModel, model } = this.widget.context;
    return model.readOnly || contentsModel?.writable === false;
  }

  get mimeType(): string {
    return this.widget.content.editor.model.mimeType;
  }

  get path(): string {
    return this.widget.context.path;
  }

  get folder(): string {
    return PathExt.dirname(this.path);
  }

  get name(): string {
    return PathExt.basename(this.path);
  }

  readonly canRun = false;
  readonly kernelId = null;
  readonly kernelspec = undefined;

  get language(): string {
    const known = LANGUAGES.find(([pattern]) => pattern.test(this.mimeType));
    return known?.[1] ?? this.mimeType.replace(/^.*\/(x-)?/, '');
  }

  get activeCellId(): string {
    return subjectOf(this._parts);
  }

  readonly selectedCellIds: readonly string[] = [];
  readonly failedSign = '';

  get selection(): string {
    return this._text.slice(this._range.start, this._range.end);
  }

  get cells(): readonly ICellView[] {
    return this._parts.map(({ id, source }, index) => ({ id, source, kind: this._kind, sign: `#${index + 1}` }));
  }

  get cellIds(): readonly string[] {
    return this._parts.map(part => part.id);
  }

  get view(): EditorView {
    return (this.widget.content.editor as unknown as { editor: EditorView }).editor;
  }

  /** Every part of it is called by the file's name: the text around a selection has none that a user sees. */
  nameOf(cellId: string): string {
    return cellId && this._trans.__('file %1', this.name);
  }

  executionCountOf(): number {
    return 0;
  }

  imagesOf(): { mime: string; data: string }[] {
    return [];
  }

  indexOf(cellId: string): number {
    return this.cellIds.indexOf(cellId);
  }

  cellAround(): string {
    return '';
  }

  /** Carry out all of the edits as one undo step, or none of them. */
  apply(edits: readonly IEdit[], anchorId = ''): IApplied {
    const text = this._text;
    const changes = edits.map(edit => this._change(edit, anchorId));
    const at = changes.findIndex(change => change === null);
    const refusal = this.isReadOnly ? 'read-only' : edits.length === 0 ? 'nothing' : at >= 0 ? 'changed' : null;
    if (refusal) {
      const plan: Refused = { ok: false, why: refusal, cellId: edits[Math.max(at, 0)]?.cellId ?? '' };
      return { plan, cellIds: [], undo: () => plan };
    }
    this._replace(changes.map(change => change!));
    const changed = this._text;
    const undo = (): Refused | null => {
      if (this._text !== changed) {
        return { ok: false, why: 'changed', cellId: '' };
      }
      this._replace([{ start: 0, end: changed.length, source: text }]);
      return null;
    };
    return { plan: { ok: true, steps: [], focusId: edits[0].cellId }, cellIds: [], undo };
  }

  async run(): Promise<void> {
    // A file is not run from here.
  }

  select(): void {
    this.widget.content.editor.revealSelection(this.widget.content.editor.getSelection());
  }

  focus(): void {
    this.widget.content.editor.focus();
  }

  removeOutput(): void {
    // A file has no outputs.
  }

  updateCard(): void {
    // Nor cards.
  }

  watch(_: readonly string[], changed: () => void): () => void {
    return this.watchCells(changed);
  }

  watchCells(changed: () => void): () => void {
    this._shared.changed.connect(changed);
    return () => void this._shared.changed.disconnect(changed);
  }

  expects(edits: readonly IEdit[]): boolean {
    return edits.every(edit => this._change(edit, '') !== null);
  }

  snapshot(): Record<string, unknown>[] | null {
    const cells = this._parts.map(({ id, source }) => ({ id, cell_type: this._kind, source, metadata: {}, outputs: [] }));
    return this._text.length > LONGEST ? null : cells;
  }

  /** Where the text of an edit stands now, null where that is not clear. */
  placeOf(edit: IEdit): { readonly start: number; readonly end: number } | null {
    return placeOf(this._text, edit);
  }

  /** New text comes behind the part that it belongs to, set apart by an empty line. */
  private _change(edit: IEdit, anchorId: string) {
    if (edit.op !== 'insert') {
      const place = placeOf(this._text, edit);
      return place && { ...place, source: edit.op === 'delete' ? '' : edit.source };
    }
    const anchor = this._parts.find(part => part.id === (edit.cellId || anchorId)) ?? this._parts[this._parts.length - 1];
    const place = placeOf(this._text, { ...edit, before: anchor.source });
    return place && { start: place.end, end: place.end, source: `\n\n${edit.source}` };
  }

  private _replace(changes: readonly { start: number; end: number; source: string }[]): void {
    const shared = this._shared;
    stopCapturing(shared);
    shared.transact(() => {
      [...changes].sort((one, other) => other.start - one.start).forEach(({ start, end, source }) => {
        shared.updateSource(start, end, source);
      });
    });
    stopCapturing(shared);
  }

  private get _kind(): 'markdown' | 'code' {
    return MARKDOWN.test(this.mimeType) ? 'markdown' : 'code';
  }

  private get _parts(): IPart[] {
    return partsOf(this._text, this._range);
  }

  private get _text(): string {
    return this._shared.getSource();
  }

  private get _range() {
    const { editor } = this.widget.content;
    const { start, end } = editor.getSelection();
    const [one, other] = [editor.getOffsetAt(start), editor.getOffsetAt(end)];
    return { start: Math.min(one, other), end: Math.max(one, other) };
  }

  private get _shared(): ISharedText {
    return this.widget.content.editor.model.sharedModel as unknown as ISharedText;
  }
}
