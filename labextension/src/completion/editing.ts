/** What is being edited: the cell with the cursor, the cells around it, and the kernel behind; read only. */

import { syntaxTree } from '@codemirror/language';
import type { EditorView } from '@codemirror/view';
import type { ISessionContext } from '@jupyterlab/apputils';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import { NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import type { Widget } from '@lumino/widgets';
import type { ICellSource } from './typing/other-cells';

export interface IEditing {
  readonly widget: Widget;
  readonly view: EditorView;
  /** The text of the editor, with `stopCapturing` of its undo history. */
  readonly shared: { readonly undoManager?: unknown };
  readonly path: string;
  readonly kernelId: string;
  readonly language: string;
  readonly cell: ICellSource;
  readonly cells: readonly ICellSource[];
  readonly isCode: boolean;
  /** The cell that ran last, "" where that is not known, and a number that changes with each run and restart. */
  readonly ran: string;
  readonly runs: number;
}

/** What a console and a file editor have; their classes are not loaded here. */
interface IOtherWidget {
  readonly context?: { readonly path?: string };
  readonly content?: { readonly editor?: CodeEditor.IEditor };
  readonly console?: {
    readonly promptCell?: { readonly model: { readonly sharedModel: ICellSource }; readonly editor: CodeEditor.IEditor };
    readonly cells: Iterable<{ readonly model: { readonly sharedModel: ICellSource } }>;
    readonly sessionContext: ISessionContext;
  };
}

const LANGUAGES: readonly [RegExp, string][] = [
  // "ipythongfm" is Markdown.
  [/i?python$/, 'python'],
  [/x-r(-?src|-source)?$/, 'r'],
  [/julia/, 'julia'],
  [/javascript/, 'javascript'],
  [/typescript/, 'typescript'],
  [/c\+\+/, 'c++'],
  [/java$/, 'java'],
  [/scala/, 'scala'],
  [/rust/, 'rust'],
  [/go$/, 'go'],
  [/sql/, 'sql'],
  [/x-sh|bash/, 'bash']
];

/**
 * Counts what a kernel runs, whoever asked it to (another view, a console beside a notebook), and its restarts:
 * variables are looked at after a run, never at a key.
 */
export class Runs {
  constructor() {
    NotebookActions.executed.connect((_, { notebook, cell }) => {
      if (notebook.model) {
        this._ran.set(notebook.model, cell.model.id);
      }
    });
  }

  of(context: ISessionContext): number {
    const known = this._runs.get(context);
    if (known === undefined) {
      this._runs.set(context, 0);
      const count = () => void this._runs.set(context, this.of(context) + 1);
      context.iopubMessage.connect((_, { header }) => void (header.msg_type === 'execute_input' && count()));
      context.statusChanged.connect((_, status) => void (/restarting$/.test(status) && count()));
    }
    return known ?? 0;
  }

  /** The cell of a notebook that ran last. */
  last(notebook: object): string {
    return this._ran.get(notebook) ?? '';
  }

  private readonly _runs = new WeakMap<ISessionContext, number>();
  private readonly _ran = new WeakMap<object, string>();
}

/** What is edited in this widget; null where nothing is or may be, or where nobody can be asked about it. */
export function editingIn(widget: Widget, mimeType: string, runs: Runs): IEditing | null {
  const editing = found(widget, mimeType, runs);
  return editing?.view.state.readOnly ? null : editing;
}

function found(widget: Widget, mimeType: string, runs: Runs): IEditing | null {
  if (widget instanceof NotebookPanel) {
    return inNotebook(widget, runs);
  }
  const { console, content, context } = widget as unknown as IOtherWidget;
  if (console?.promptCell) {
    const cell = console.promptCell.model.sharedModel;
    const cells = [...console.cells].map(one => one.model.sharedModel);
    const { mimeType: type } = console.promptCell.editor.model;
    return {
      ...common(widget, console.promptCell.editor, cell),
      path: `console:${widget.id}`,
      kernelId: console.sessionContext.session?.kernel?.id ?? '',
      // A kernel's language that has no name here has that of its type.
      language: languageOf(type) || type.replace(/^.*\/(x-)?/, ''),
      cell,
      cells: [...cells, cell],
      isCode: true,
      ran: cells[cells.length - 1]?.id ?? '',
      runs: runs.of(console.sessionContext)
    };
  }
  const language = languageOf(mimeType || (content?.editor?.model.mimeType ?? ''));
  if (!content?.editor || !language) {
    return null;
  }
  const shared = content.editor.model.sharedModel as unknown as ICellSource;
  const cell = { id: 'file', cell_type: 'code', getSource: () => shared.getSource(), changed: shared.changed };
  const path = context?.path ?? '';
  const editing = common(widget, content.editor, shared);
  return { ...editing, path, kernelId: '', language, cell, cells: [cell], isCode: true, ran: '', runs: 0 };
}

function inNotebook(panel: NotebookPanel, runs: Runs): IEditing | null {
  const { activeCell, model } = panel.content;
  const cell = activeCell?.model.sharedModel;
  if (!activeCell?.editor || !cell || !model || model.readOnly) {
    return null;
  }
  const named = model.getMetadata('language_info')?.name ?? model.getMetadata('kernelspec')?.language;
  return {
    ...common(panel, activeCell.editor, cell),
    path: panel.context.path,
    kernelId: panel.sessionContext.session?.kernel?.id ?? '',
    language: String(named || 'python').toLowerCase(),
    cell: cell as unknown as ICellSource,
    cells: model.sharedModel.cells as unknown as ICellSource[],
    isCode: activeCell.model.type === 'code',
    ran: runs.last(model),
    runs: runs.of(panel.sessionContext)
  };
}

function common(
  widget: Widget,
  editor: CodeEditor.IEditor,
  shared: object
): { widget: Widget; view: EditorView; shared: { undoManager?: unknown } } {
  return { widget, view: viewOf(editor), shared };
}

function viewOf(editor: CodeEditor.IEditor): EditorView {
  return (editor as unknown as { editor: EditorView }).editor;
}

/** Whether this is the editor with the cursor; of a notebook, that of its active cell. */
export function isEdited(widget: Widget, view: EditorView): boolean {
  if (!(widget instanceof NotebookPanel)) {
    return true;
  }
  const editor = widget.content.activeCell?.editor;
  return !!editor && viewOf(editor) === view;
}

function languageOf(mimeType: string): string {
  return LANGUAGES.find(([pattern]) => pattern.test(mimeType))?.[1] ?? '';
}

/** What the editor's own syntax says of a place. */
export function standingAt(view: EditorView, at: number): 'code' | 'comment' | 'string' {
  const node = syntaxTree(view.state).resolveInner(Math.min(at, view.state.doc.length), -1);
  if (/comment/i.test(node.name)) {
    return 'comment';
  }
  return /string/i.test(node.name) && node.from < at && at < node.to ? 'string' : 'code';
}
