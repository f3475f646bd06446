/** What is being edited: the cell with the cursor, the cells around it, and the kernel behind; read only. */

import { syntaxTree } from '@codemirror/language';
import type { EditorView } from '@codemirror/view';
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
  /** The cell that ran last, and how many have. */
  readonly ran: string;
  readonly runs: number;
}

interface IRuns {
  readonly ran: string;
  readonly runs: number;
}

interface ISession {
  readonly session?: { readonly kernel?: { readonly id: string } | null } | null;
  readonly kernelDisplayName?: string;
}

/** What a console and a file editor have; their classes are not loaded here. */
interface IOtherWidget {
  readonly context?: { readonly path?: string };
  readonly content?: { readonly editor?: CodeEditor.IEditor };
  readonly console?: {
    readonly promptCell?: { readonly model: { readonly sharedModel: ICellSource }; readonly editor: CodeEditor.IEditor };
    readonly cells: Iterable<{ readonly model: { readonly sharedModel: ICellSource } }>;
    readonly sessionContext: ISession;
  };
}

const LANGUAGES: readonly [RegExp, string][] = [
  [/i?python/, 'python'],
  [/r-?src|x-r$/, 'r'],
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

/** Counts the cells that run, by notebook: variables are looked at after a run, never at a key. */
export class Runs {
  constructor() {
    NotebookActions.executed.connect((_, { notebook, cell }) => {
      const { runs } = this.of(notebook);
      this._runs.set(notebook, { ran: cell.model.id, runs: runs + 1 });
    });
  }

  /** Count a restart, too: what was told of the variables holds no more. */
  watch({ content, sessionContext }: NotebookPanel): void {
    if (this._watched.has(sessionContext)) {
      return;
    }
    this._watched.add(sessionContext);
    sessionContext.statusChanged.connect((_, status) => {
      if (status === 'restarting' || status === 'autorestarting') {
        this._runs.set(content, { ran: '', runs: this.of(content).runs + 1 });
      }
    });
  }

  of(notebook: object): IRuns {
    return this._runs.get(notebook) ?? { ran: '', runs: 0 };
  }

  private readonly _runs = new WeakMap<object, IRuns>();
  private readonly _watched = new WeakSet<object>();
}

/** What is edited in this widget; null where nothing is, or where nobody can be asked about it. */
export function editingIn(widget: Widget, mimeType: string, runs: Runs): IEditing | null {
  if (widget instanceof NotebookPanel) {
    return inNotebook(widget, runs);
  }
  const { console, content, context } = widget as unknown as IOtherWidget;
  if (console?.promptCell) {
    const cell = console.promptCell.model.sharedModel;
    const cells = [...console.cells].map(one => one.model.sharedModel);
    return {
      ...common(widget, console.promptCell.editor, cell),
      path: `console:${widget.id}`,
      kernelId: console.sessionContext.session?.kernel?.id ?? '',
      language: languageOf(mimeType || console.promptCell.editor.model.mimeType),
      cell,
      cells: [...cells, cell],
      isCode: true,
      ran: cells[cells.length - 1]?.id ?? '',
      runs: cells.length
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
  runs.watch(panel);
  const named = model.getMetadata('language_info')?.name ?? model.defaultKernelLanguage;
  return {
    ...common(panel, activeCell.editor, cell),
    path: panel.context.path,
    kernelId: panel.sessionContext.session?.kernel?.id ?? '',
    language: (named || 'python').toLowerCase(),
    cell: cell as unknown as ICellSource,
    cells: model.sharedModel.cells as unknown as ICellSource[],
    isCode: activeCell.model.type === 'code',
    ...runs.of(panel.content)
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

/** What is changed from now on is an undo step of its own. */
export function stopCapturing(shared: { readonly undoManager?: unknown }): void {
  (shared.undoManager as { stopCapturing?: () => void } | null | undefined)?.stopCapturing?.();
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
