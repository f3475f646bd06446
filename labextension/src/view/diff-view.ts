/**
 * What one edit would change, as a read-only editor with a heading. Nothing in it can reach the notebook.
 */

import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { Compartment, EditorState, Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { IEditorLanguageRegistry, jupyterTheme } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import type { IEdit } from '../protocol/edit';
import { hunkBoxes } from './hunk-boxes';
import type { HunkChoice } from '../notebook/hunk-choice';
import { lossText } from './loss-text';

const MARKDOWN = 'text/x-ipythongfm';

export interface IDiffOptions {
  readonly heading: string;
  readonly edit: IEdit;
  readonly trans: TranslationBundle;
  readonly languages: IEditorLanguageRegistry | null;
  readonly mimeType: string;
  /** Old and new side by side, where there is something old. */
  readonly isSplit?: boolean;
  /** Brings the cell into sight. */
  readonly show?: () => void;
  /** What is chosen of several changes; none can be left out where it is not given. */
  readonly choice?: HunkChoice;
}

export class DiffView extends Widget {
  constructor({ heading, edit, trans, languages, mimeType, isSplit = false, show, choice }: IDiffOptions) {
    super();
    this.addClass('jp-devstral-diff');
    const title = document.createElement('div');
    title.className = 'jp-devstral-diff-heading';
    title.append(show ? link(heading, show) : heading);
    this.node.dataset.op = edit.op;
    const extensions = [
      jupyterTheme,
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.lineWrapping,
      EditorState.phrases.of({ '$ unchanged lines': trans.__('$ unchanged lines') }),
      EditorView.contentAttributes.of({ 'aria-label': heading, tabindex: '0' })
    ];
    this.node.append(title);
    if (edit.loss) {
      const loss = document.createElement('div');
      loss.className = 'jp-devstral-diff-loss';
      loss.textContent = `⚠ ${lossText(trans, edit.loss)}`;
      this.node.append(loss);
    }
    const isCompared = edit.op === 'replace';
    this.toggleClass('jp-mod-split', isSplit && isCompared);
    const boxes = choice ? hunkBoxes(choice, trans) : [];
    this._drawn = (isSplit && isCompared ? sideBySide : inOne)(this.node, edit, extensions, boxes);
    void this._highlight(languages, edit.kind === 'markdown' ? MARKDOWN : mimeType);
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._drawn.destroy();
      super.dispose();
    }
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._drawn.views.forEach(view => view.requestMeasure());
  }

  private async _highlight(languages: IEditorLanguageRegistry | null, mimeType: string): Promise<void> {
    const found = await languages?.getLanguage(mimeType).catch(() => null);
    if (found?.support && !this.isDisposed) {
      this._drawn.setLanguage(found.support);
    }
  }

  private readonly _drawn: IDrawn;
}

function link(label: string, act: () => void): HTMLAnchorElement {
  const anchor = document.createElement('a');
  anchor.href = '#';
  anchor.className = 'jp-devstral-link';
  anchor.textContent = label;
  anchor.addEventListener('click', event => {
    event.preventDefault();
    act();
  });
  return anchor;
}

/** What stands below the heading. */
interface IDrawn {
  readonly views: readonly EditorView[];
  destroy(): void;
  setLanguage(support: Extension): void;
}

function sideBySide(parent: HTMLElement, edit: IEdit, extensions: Extension, boxes: Extension): IDrawn {
  const language = new Compartment();
  const both = [language.of([]), extensions];
  const merge = new MergeView({
    a: { doc: edit.before, extensions: both },
    b: { doc: edit.source, extensions: [both, boxes] },
    gutter: false,
    parent
  });
  const views = [merge.a, merge.b];
  return {
    views,
    destroy: () => merge.destroy(),
    setLanguage: support => views.forEach(view => view.dispatch({ effects: language.reconfigure(support) }))
  };
}

function inOne(parent: HTMLElement, edit: IEdit, extensions: Extension, boxes: Extension): IDrawn {
  const doc = edit.op === 'delete' ? edit.before : edit.source;
  // A whole new or deleted cell has nothing to be compared with.
  const compared = edit.op === 'replace' ? [comparedWith(edit.before), boxes] : [];
  const stateIn = (language: Extension) =>
    EditorState.create({ doc, extensions: [language, extensions, ...compared] });
  const view = new EditorView({ state: stateIn([]), parent });
  return {
    views: [view],
    destroy: () => view.destroy(),
    // The lines that go are drawn once, in the language of that moment: a new state draws them again.
    setLanguage: support => view.setState(stateIn(support))
  };
}

function comparedWith(original: string): Extension {
  return unifiedMergeView({
    original,
    mergeControls: false,
    gutter: false,
    collapseUnchanged: { margin: 2, minSize: 4 }
  });
}
