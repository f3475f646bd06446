/**
 * What one edit would change, as a read-only editor with a heading. Nothing in it can reach the notebook.
 */

import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { Compartment, EditorState, Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { IEditorLanguageRegistry, jupyterTheme } from '@jupyterlab/codemirror';
import { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import type { IEdit } from './protocol';

const MARKDOWN = 'text/x-ipythongfm';

export class DiffView extends Widget {
  /** `isSplit`: old and new side by side, where there is something old. */
  constructor(
    heading: string,
    edit: IEdit,
    languages: IEditorLanguageRegistry | null,
    mimeType: string,
    isSplit = false
  ) {
    super();
    this.addClass('jp-devstral-diff');
    const title = document.createElement('div');
    title.className = 'jp-devstral-diff-heading';
    title.textContent = heading;
    this.node.dataset.op = edit.op;
    const language = new Compartment();
    const extensions = [
      jupyterTheme,
      language.of([]),
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': heading, tabindex: '0' })
    ];
    const doc = edit.op === 'delete' ? edit.before : edit.source;
    this._merge =
      isSplit && edit.op === 'replace'
        ? new MergeView({ a: { doc: edit.before, extensions }, b: { doc, extensions }, gutter: false })
        : null;
    // A whole new or deleted cell has nothing to be compared with.
    const compared = edit.op === 'replace' ? [comparedWith(edit.before)] : [];
    this._views = this._merge
      ? [this._merge.a, this._merge.b]
      : [new EditorView({ state: EditorState.create({ doc, extensions: [...extensions, ...compared] }) })];
    this.toggleClass('jp-mod-split', this._merge !== null);
    this.node.append(title, this._merge?.dom ?? this._views[0].dom);
    void this._highlight(language, languages, edit.kind === 'markdown' ? MARKDOWN : mimeType);
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._merge?.destroy();
      this._views.forEach(view => view.destroy());
      super.dispose();
    }
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._views.forEach(view => view.requestMeasure());
  }

  private async _highlight(
    compartment: Compartment,
    languages: IEditorLanguageRegistry | null,
    mimeType: string
  ): Promise<void> {
    const found = await languages?.getLanguage(mimeType).catch(() => null);
    if (found?.support && !this.isDisposed) {
      const effects = compartment.reconfigure(found.support);
      this._views.forEach(view => view.dispatch({ effects }));
    }
  }

  private readonly _merge: MergeView | null;
  private readonly _views: readonly EditorView[];
}

function comparedWith(original: string): Extension {
  return unifiedMergeView({
    original,
    mergeControls: false,
    gutter: false,
    collapseUnchanged: { margin: 2, minSize: 4 }
  });
}
