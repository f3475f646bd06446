/**
 * The notebook that something on the screen belongs to. With those beside it the only module that reads,
 * changes or runs cells.
 */

import type { ISharedCell, ISharedCodeCell } from '@jupyter/ydoc';
import { CodeCell, isCodeCellModel } from '@jupyterlab/cells';
import { PathExt } from '@jupyterlab/coreutils';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { JSONExt, JSONObject } from '@lumino/coreutils';
import { ICellNames, signAt } from './cell-name';
import { ICellFacts, Plan, planEdits, Refused, Step } from './edit-plan';
import { slimCells } from './slim-cells';
import { stopCapturing } from './undo-steps';
import { readBundle } from '../protocol/bundle';
import { IEdit } from '../protocol/edit';
import { MIME_TYPE } from '../tokens';

/** A cell as it is spoken of. */
export interface ICellView {
  readonly id: string;
  readonly source: string;
  readonly kind: string;
  /** What the user sees beside it; its place where that stands beside another one, too, as after a restart. */
  readonly sign: string;
}

/** What became of edits: their plan, and what takes them back, which returns why not. */
export interface IApplied {
  readonly plan: Plan;
  /** Ids of the cells that are new or other now, in their order; of edits that were refused none. */
  readonly cellIds: readonly string[];
  undo(): Refused | null;
}

/** What the sidebar is about: an open notebook, or something else that can be shown as one. */
export type ActiveNotebook = Omit<OpenNotebook, 'panel'> & ICellNames;

export class OpenNotebook implements ICellNames {
  constructor(readonly panel: NotebookPanel) {}

  /** The notebook that shows this node now; null in a console, or in a view of one output. */
  static around(tracker: INotebookTracker, node: Node): OpenNotebook | null {
    const panel = tracker.find(one => one.content.node.contains(node));
    return panel ? new OpenNotebook(panel) : null;
  }

  get isReadOnly(): boolean {
    const { contentsModel, model } = this.panel.context;
    return model.readOnly || contentsModel?.writable === false;
  }

  get mimeType(): string {
    return this.panel.content.codeMimetype;
  }

  /** Path of its file, as the server knows it. */
  get path(): string {
    return this.panel.context.path;
  }

  get folder(): string {
    return PathExt.dirname(this.path);
  }

  /** The kernel to ask for variables, null for none. */
  /** Whether its cells can be run from here. */
  readonly canRun: boolean = true;

  get kernelId(): string | null {
    return this.panel.sessionContext.session?.kernel?.id ?? null;
  }

  /** Of the kernel, in lower case, as notebooks name it. */
  get language(): string {
    const model = this.panel.content.model;
    const named = model?.getMetadata('language_info')?.name ?? model?.defaultKernelLanguage;
    return (named || 'python').toLowerCase();
  }

  /** As its metadata names the kernel; undefined where it names none. */
  get kernelspec(): unknown {
    return this.panel.content.model?.getMetadata('kernelspec');
  }

  /** Id of the cell that is selected, "" for none. */
  get activeCellId(): string {
    return this.panel.content.activeCell?.model.id ?? '';
  }

  /** Ids of all cells that are selected, the active one included, in their order. */
  get selectedCellIds(): readonly string[] {
    const { content } = this.panel;
    return content.widgets.filter(cell => content.isSelectedOrActive(cell)).map(cell => cell.model.id);
  }

  /** What is selected in the editor of the active cell. */
  get selection(): string {
    const editor = this.panel.content.activeCell?.editor;
    if (!editor) {
      return '';
    }
    const { start, end } = editor.getSelection();
    const offsets = [editor.getOffsetAt(start), editor.getOffsetAt(end)].sort((one, other) => one - other);
    return editor.model.sharedModel.getSource().slice(...offsets);
  }

  /** Every cell, in order. */
  get cells(): readonly ICellView[] {
    const counts = this._cells.map(countOf);
    return this._cells.map((cell, index) => ({
      id: cell.id,
      source: cell.getSource(),
      kind: cell.cell_type,
      sign: signAt(index, counts.indexOf(counts[index]) === counts.lastIndexOf(counts[index]) ? counts[index] : 0)
    }));
  }

  /** Ids of all cells, in order. */
  get cellIds(): readonly string[] {
    return this._cells.map(cell => cell.id);
  }

  /** What the user sees beside the last cell that shows an error, "" for none. */
  get failedSign(): string {
    const models = [...(this.panel.content.model?.cells ?? [])];
    const failed = models.reverse().find(cell => {
      const outputs = isCodeCellModel(cell) ? cell.outputs : null;
      return Array.from({ length: outputs?.length ?? 0 }).some((_, at) => outputs!.get(at).type === 'error');
    });
    return failed ? this.cells[this.indexOf(failed.id)].sign : '';
  }

  executionCountOf(cellId: string): number {
    const cell = this._cells.find(one => one.id === cellId);
    return cell ? countOf(cell) : 0;
  }

  /** Pictures in the outputs of a cell, as base64, the latest last. */
  imagesOf(cellId: string): { mime: string; data: string }[] {
    const cell = this._cells.find(one => one.id === cellId);
    const outputs = (cell?.toJSON() as { outputs?: unknown[] } | undefined)?.outputs ?? [];
    return outputs.flatMap(output => {
      const data = (output as { data?: Record<string, unknown> }).data ?? {};
      return ['image/png', 'image/jpeg']
        .filter(mime => typeof data[mime] === 'string')
        .map(mime => ({ mime, data: (data[mime] as string).replace(/\s/g, '') }));
    });
  }

  /** Where a cell stands, counted from 0 as prompts count; -1 when it is not there. */
  indexOf(cellId: string): number {
    return this._cells.findIndex(cell => cell.id === cellId);
  }

  /** The cell that shows this node, "" for none. */
  cellAround(node: Node): string {
    return this.panel.content.widgets.find(cell => cell.node.contains(node))?.model.id ?? '';
  }

  /** Carry out all of the edits as one undo step, or none of them. */
  apply(edits: readonly IEdit[], anchorId = ''): IApplied {
    const plan = planEdits(this._facts(), edits, { anchorId, readOnly: this.isReadOnly });
    const inverse = plan.ok ? this._carryOut(plan.steps) : [];
    const touched = new Set(inverse.filter(edit => edit.op !== 'insert').map(edit => edit.cellId));
    const cellIds = this.cellIds.filter(id => touched.has(id));
    return { plan, cellIds, undo: () => this._takeBack(inverse) };
  }

  /** The edits that undo others, all or none of them; why not, null when they are undone. */
  private _takeBack(inverse: readonly IEdit[]): Refused | null {
    const plan = planEdits(this._facts(), inverse, { readOnly: this.isReadOnly });
    if (plan.ok) {
      this._carryOut(plan.steps);
    }
    return plan.ok ? null : plan;
  }

  /** Run these cells, in this order; those that are not there are left out. */
  async run(cellIds: readonly string[]): Promise<void> {
    const { content, sessionContext } = this.panel;
    const cells = cellIds.flatMap(id => content.widgets.filter(cell => cell.model.id === id));
    if (cells.length === 0) {
      return;
    }
    if (NotebookActions.runCells) {
      await NotebookActions.runCells(content, cells, sessionContext);
      return;
    }
    for (const cell of cells) {
      content.deselectAll();
      content.activeCellIndex = content.widgets.indexOf(cell);
      if (!(await NotebookActions.run(content, sessionContext))) {
        return;
      }
    }
  }

  /** Select a cell and bring it into sight; the focus stays where it is. */
  select(cellId: string): void {
    const { content } = this.panel;
    const index = this.indexOf(cellId);
    if (index >= 0) {
      content.mode = 'command';
      content.deselectAll();
      content.activeCellIndex = index;
      // Rejected when something else is scrolled to meanwhile.
      void content.scrollToItem?.(index).catch(() => undefined);
    }
  }

  /** Put the cursor into a cell, or select it when it has to be acted on as a whole. */
  focus(cellId: string, mode: 'edit' | 'command' = 'edit'): void {
    const { content } = this.panel;
    const index = this.indexOf(cellId);
    if (index < 0) {
      return;
    }
    content.deselectAll();
    content.activeCellIndex = index;
    content.mode = mode;
    content.activate();
    if (mode === 'edit') {
      content.widgets[index]?.editor?.focus();
    }
  }

  /** Take the output that shows this node out of its cell. */
  removeOutput(node: Node): void {
    const cell = this.panel.content.widgets.find(one => one.node.contains(node));
    if (!(cell instanceof CodeCell)) {
      return;
    }
    const index = cell.outputArea.widgets.findIndex(one => one.node.contains(node));
    if (index >= 0) {
      // Through the shared model: OutputAreaModel.remove does not exist before JupyterLab 4.3, and in 4.6 leaves the
      // stored outputs as they were for every index but the first.
      (cell.model.sharedModel as ISharedCodeCell).updateOutputs(index, index + 1, []);
    }
  }

  /** Show what a kernel says of a card now, unless JupyterLab did so already. */
  updateCard(id: string, data: JSONObject): void {
    for (const cell of this.panel.content.model?.cells ?? []) {
      const outputs = isCodeCellModel(cell) ? cell.outputs : null;
      for (let index = 0; index < (outputs?.length ?? 0); index++) {
        const output = outputs!.get(index);
        const stored = output.data[MIME_TYPE];
        if (stored && readBundle(stored)?.id === id && !JSONExt.deepEqual(stored, data[MIME_TYPE]!)) {
          outputs!.set(index, { ...output.toJSON(), data });
        }
      }
    }
  }

  /** Call back after every change of a cell's source. Returns what ends it. */
  watch(cellIds: readonly string[], changed: () => void): () => void {
    const cells = this._cells.filter(cell => cellIds.includes(cell.id));
    cells.forEach(cell => cell.changed.connect(changed));
    return () => cells.forEach(cell => cell.changed.disconnect(changed));
  }

  /** Call back after cells came or went. Returns what ends it. */
  watchCells(changed: () => void): () => void {
    const cells = this.panel.content.model?.cells;
    cells?.changed.connect(changed);
    return () => void cells?.changed.disconnect(changed);
  }

  /** Whether every cell that is to be rewritten holds what its edit expects. */
  expects(edits: readonly IEdit[]): boolean {
    return planEdits(this._facts(), edits).ok;
  }

  /** All cells as they are now, saved or not, within the limits of a push; null when they are too large. */
  snapshot(): Record<string, unknown>[] | null {
    return slimCells(this._cells);
  }

  private get _cells() {
    return this.panel.content.model?.sharedModel.cells ?? [];
  }

  private _facts(): ICellFacts[] {
    return this._cells.map(cell => ({
      id: cell.id,
      source: cell.getSource(),
      isLocked: cell.getMetadata('editable') === false
    }));
  }

  /** Carry steps out; returns the edits that undo them. */
  private _carryOut(steps: readonly Step[]): IEdit[] {
    const notebook = this.panel.content.model!.sharedModel;
    const [first] = steps;
    // A cell has an undo history of its own, and the notebook another one. A change inside one cell belongs to the
    // first, so that Ctrl+Z in its editor takes it back; everything else to the second ("Undo Cell Operation").
    const scope = steps.length === 1 && first.op === 'set' ? this._cells[first.index] : notebook;
    // Histories merge what happens within half a second.
    stopCapturing(scope);
    const inverse: IEdit[] = [];
    scope.transact(() => {
      for (const step of steps) {
        if (step.op === 'set') {
          const cell = notebook.cells[step.index];
          inverse.push(replacing(cell.id, step.source, cell.getSource()));
          cell.setSource(step.source);
        } else if (step.op === 'delete') {
          const cell = notebook.cells[step.index];
          const kind = cell.cell_type === 'markdown' ? 'markdown' : 'code';
          const above = notebook.cells[step.index - 1]?.id ?? '';
          inverse.push({ op: 'insert', cellId: above, before: '', source: cell.getSource(), kind });
          notebook.deleteCell(step.index);
        } else {
          const { kind, source } = step;
          const metadata = kind === 'code' ? { trusted: false } : {};
          const { id } = notebook.insertCell(step.index, { cell_type: kind, source, metadata });
          inverse.push({ op: 'delete', cellId: id, before: source, source: '', kind });
        }
      }
    });
    stopCapturing(scope);
    return inverse;
  }
}

function countOf(cell: ISharedCell): number {
  return cell.cell_type === 'code' ? ((cell as ISharedCodeCell).execution_count ?? 0) : 0;
}

function replacing(cellId: string, before: string, source: string): IEdit {
  return { op: 'replace', cellId, before, source, kind: 'code' };
}
