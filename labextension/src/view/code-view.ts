/** A block of code in a reply: plain while it arrives, highlighted when it is whole, with what can be done with it. */

import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

/** What became of a click; `undo` takes it back, and returns what to say then. */
export interface ISaid {
  readonly text: string;
  readonly undo: (() => string) | null;
}

/** What the buttons do; one that is not there has no button. */
export interface ICodeActions {
  insert?(source: string, language: string): ISaid;
  /** Propose the code for the selected cell: nothing is changed yet. */
  replace?(source: string): ISaid;
  copy(source: string): Promise<ISaid>;
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
    const { insert, replace, copy } = this._actions;
    this._bar.append(name);
    if (insert) {
      this._bar.append(this._button('insert', trans.__('Insert below'), () => insert(source, language)));
    }
    if (replace) {
      this._bar.append(this._button('replace', trans.__('Replace cell'), () => replace(source)));
    }
    this._bar.append(this._button('copy', trans.__('Copy'), () => copy(source)), this._said);
  }

  private _button(name: string, label: string, act: () => ISaid | Promise<ISaid>): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'jp-devstral-small-button';
    button.dataset.action = name;
    button.textContent = label;
    button.addEventListener('click', () => void Promise.resolve(act()).then(said => this._say(said)));
    return button;
  }

  private _say({ text, undo }: ISaid): void {
    this._said.replaceChildren(text);
    if (undo) {
      const back = async (): Promise<ISaid> => {
        // The button goes; the focus stays in the block.
        this._bar.querySelector<HTMLElement>('button')?.focus();
        return { text: undo(), undo: null };
      };
      this._said.append(' ', this._button('undo', this._trans.__('Undo'), back));
    }
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
