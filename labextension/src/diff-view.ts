/**
 * What one edit would change, as a read-only editor with a heading. Nothing in it can reach the notebook.
 */

import { unifiedMergeView } from '@codemirror/merge';
import { Compartment, EditorState, Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { IEditorLanguageRegistry, jupyterTheme } from '@jupyterlab/codemirror';
import { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import type { IEdit } from './protocol';

const MARKDOWN = 'text/x-ipythongfm';

export class DiffView extends Widget {
  constructor(heading: string, edit: IEdit, languages: IEditorLanguageRegistry | null, mimeType: string) {
    super();
    this.addClass('jp-devstral-diff');
    const title = document.createElement('div');
    title.className = 'jp-devstral-diff-heading';
    title.textContent = heading;
    this.node.dataset.op = edit.op;
    const language = new Compartment();
    this._view = new EditorView({
      state: EditorState.create({
        doc: edit.op === 'delete' ? edit.before : edit.source,
        extensions: [
          jupyterTheme,
          language.of([]),
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': heading, tabindex: '0' }),
          // A whole new or deleted cell has nothing to be compared with.
          edit.op === 'replace' ? comparedWith(edit.before) : []
        ]
      })
    });
    this.node.append(title, this._view.dom);
    void this._highlight(language, languages, edit.kind === 'markdown' ? MARKDOWN : mimeType);
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._view.destroy();
      super.dispose();
    }
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._view.requestMeasure();
  }

  private async _highlight(
    compartment: Compartment,
    languages: IEditorLanguageRegistry | null,
    mimeType: string
  ): Promise<void> {
    const found = await languages?.getLanguage(mimeType).catch(() => null);
    if (found?.support && !this.isDisposed) {
      this._view.dispatch({ effects: compartment.reconfigure(found.support) });
    }
  }

  private readonly _view: EditorView;
}

function comparedWith(original: string): Extension {
  return unifiedMergeView({
    original,
    mergeControls: false,
    gutter: false,
    collapseUnchanged: { margin: 2, minSize: 4 }
  });
}
