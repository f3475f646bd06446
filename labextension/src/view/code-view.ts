/** A block of code in a reply: plain while it arrives, highlighted when it is whole, with what can be done with it. */

import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

/** What the buttons do; each returns what to say, "" for nothing. */
export interface ICodeActions {
  insert(source: string, language: string): string;
  /** Propose the code for the selected cell: nothing is changed yet. */
  replace(source: string): string;
  copy(source: string): string;
}

export class CodeView extends Widget {
  constructor(
    private readonly _languages: IEditorLanguageRegistry | null,
    private readonly _trans: TranslationBundle,
    private readonly _actions: ICodeActions
  ) {
    super();
    this.addClass('jp-devstral-code');
    this._pre.append(this._code);
    this._pre.tabIndex = 0;
    this._pre.setAttribute('aria-label', _trans.__('Code'));
    this._said.className = 'jp-devstral-code-said';
    this._said.setAttribute('role', 'status');
    this._bar.className = 'jp-devstral-code-bar';
    this.node.append(this._bar, this._pre);
  }

  /** Show this code; `isFinished` also colours it, and offers the buttons. */
  showCode(source: string, language: string, isFinished: boolean): void {
    const before = this._code.textContent ?? '';
    if (source.startsWith(before) && !isFinished) {
      // Only what is new: the text before it is not laid out again.
      this._code.append(source.slice(before.length));
    } else if (source !== before) {
      this._code.textContent = source;
    }
    if (isFinished && !this._isFinished) {
      this._isFinished = true;
      this._offer(source, language);
      void this._highlight(source, language || 'python');
    }
  }

  private _offer(source: string, language: string): void {
    const trans = this._trans;
    const name = document.createElement('span');
    name.className = 'jp-devstral-code-language';
    name.textContent = language;
    this._bar.append(
      name,
      this._button('insert', trans.__('Insert below'), () => this._actions.insert(source, language)),
      this._button('replace', trans.__('Replace cell'), () => this._actions.replace(source)),
      this._button('copy', trans.__('Copy'), () => this._actions.copy(source)),
      this._said
    );
  }

  private _button(name: string, label: string, act: () => string): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'jp-devstral-small-button';
    button.dataset.action = name;
    button.textContent = label;
    button.addEventListener('click', () => (this._said.textContent = act()));
    return button;
  }

  private async _highlight(source: string, language: string): Promise<void> {
    const found = this._languages?.findBest(language, false);
    if (!found || !this._languages) {
      return;
    }
    const coloured = document.createElement('code');
    await this._languages.highlight(source, found, coloured).catch(() => undefined);
    if (!this.isDisposed && coloured.textContent === source) {
      this._code.replaceChildren(...coloured.childNodes);
    }
  }

  private readonly _bar = document.createElement('div');
  private readonly _pre = document.createElement('pre');
  private readonly _code = document.createElement('code');
  private readonly _said = document.createElement('span');
  private _isFinished = false;
}
