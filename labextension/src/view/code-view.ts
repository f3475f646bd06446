/** A block of code in a reply: plain while it arrives, highlighted when it is whole, with what can be done with it. */

import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';
import { addBelowIcon, caretDownIcon, caretRightIcon, copyIcon, LabIcon, runIcon } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import { replaceIcon } from '../icon';

/** Of a long block this much is shown, in lines; one that is hardly longer is shown whole. */
const SHOWN = 12;
const LONG = 20;

/** What became of a click; `undo` takes it back, and returns what to say then. */
export interface ISaid {
  readonly text: string;
  readonly undo: (() => string) | null;
}

export interface ICodeBlock {
  /** Its place among the blocks of the reply. */
  readonly at: number;
  readonly source: string;
  readonly language: string;
}

/** Where the code of a block stands as well, so that it need not be shown here. */
export interface IPlace {
  readonly label: string;
  /** Brings it into sight. */
  show(): void;
}

/** What the buttons do; one that is not there has no button. */
export interface ICodeActions {
  insert?(block: ICodeBlock): ISaid;
  insertAndRun?(block: ICodeBlock): ISaid;
  /** Propose the code for the selected cell: nothing is changed yet. */
  replace?(block: ICodeBlock): ISaid;
  copy(source: string): Promise<ISaid>;
  /** Null while it stands here alone. */
  placeOf?(block: ICodeBlock): IPlace | null;
}

export class CodeView extends Widget {
  constructor(
    private readonly _at: number,
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

  /** Show this code; `isFinished` also colours it, folds it where it is long, and offers the buttons. */
  showCode(source: string, language: string, isFinished: boolean): void {
    const before = this._code.textContent ?? '';
    if (source.startsWith(before) && !isFinished) {
      // Only what is new: the text before it is not laid out again.
      this._code.append(source.slice(before.length));
    } else if (source !== before) {
      this._code.textContent = source;
    }
    if (isFinished && !this._block) {
      this._block = { at: this._at, source, language };
      this._offer(this._block);
      this._foldLong(source);
      void this._highlight(source, language || 'python');
      this.refresh();
    }
  }

  /** Whether the code stands somewhere else as well, and is folded for that. */
  get isPlaced(): boolean {
    return this._placed !== '';
  }

  /** Whether the code stands somewhere else by now is looked up again. */
  refresh(): void {
    const place = (this._block && this._actions.placeOf?.(this._block)) || null;
    const label = place?.label ?? '';
    if (!this._block || label === this._placed) {
      return;
    }
    this._placed = label;
    this._name.replaceChildren(place ? this._link(place) : this._block.language);
    this._toggle.hidden = !place;
    this._open(!place);
  }

  private _offer(block: ICodeBlock): void {
    const trans = this._trans;
    this._name.className = 'jp-devstral-code-language';
    this._name.textContent = block.language;
    this._toggle.hidden = true;
    this._toggle.addEventListener('click', () => this._open(this.hasClass('jp-mod-folded')));
    const { insert, insertAndRun, replace, copy } = this._actions;
    const buttons = document.createElement('span');
    buttons.className = 'jp-devstral-code-buttons';
    const add = (name: string, icon: LabIcon, label: string, act: () => ISaid | Promise<ISaid>) => {
      const button = this._button(name, '', act);
      show(button, icon, label);
      buttons.append(button);
    };
    if (insert) {
      add('insert', addBelowIcon, trans.__('Insert below'), () => insert(block));
    }
    if (insertAndRun) {
      add('insert-run', runIcon, trans.__('Insert below and run'), () => insertAndRun(block));
    }
    if (replace) {
      add('replace', replaceIcon, trans.__('Replace cell'), () => replace(block));
    }
    add('copy', copyIcon, trans.__('Copy'), () => copy(block.source));
    this._bar.append(this._toggle, this._name, buttons, this._said);
  }

  private _foldLong(source: string): void {
    const lines = source.split('\n').length;
    if (lines <= LONG) {
      return;
    }
    const more = document.createElement('button');
    more.type = 'button';
    more.className = 'jp-devstral-code-more';
    more.dataset.action = 'show-lines';
    const fold = (isShort: boolean) => {
      this.toggleClass('jp-mod-short', isShort);
      more.setAttribute('aria-expanded', String(!isShort));
      more.textContent = isShort ? this._trans.__('Show all %1 lines', lines) : this._trans.__('Show less');
    };
    more.addEventListener('click', () => fold(!this.hasClass('jp-mod-short')));
    this.node.style.setProperty('--jp-devstral-lines', String(SHOWN));
    fold(true);
    this.node.append(more);
  }

  private _open(isOpen: boolean): void {
    this.toggleClass('jp-mod-folded', !isOpen);
    this._toggle.setAttribute('aria-expanded', String(isOpen));
    show(
      this._toggle,
      isOpen ? caretDownIcon : caretRightIcon,
      isOpen ? this._trans.__('Hide this code') : this._trans.__('Show this code')
    );
  }

  private _link(place: IPlace): HTMLElement {
    const link = document.createElement('button');
    link.type = 'button';
    link.className = 'jp-devstral-link';
    link.dataset.action = 'go-to-code';
    link.textContent = place.label;
    link.addEventListener('click', () => place.show());
    return link;
  }

  private _button(name: string, label: string, act: () => ISaid | Promise<ISaid>): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = label ? 'jp-devstral-small-button' : ICON_BUTTON;
    button.dataset.action = name;
    button.textContent = label;
    button.addEventListener('click', () => void Promise.resolve(act()).then(said => this._say(said)));
    return button;
  }

  private _say({ text, undo }: ISaid): void {
    this._said.replaceChildren(text);
    if (undo) {
      const back = async (): Promise<ISaid> => {
        const text = undo();
        // The button goes; the focus stays in the block.
        const next = [...this._bar.querySelectorAll<HTMLElement>('button')].find(one => one.offsetParent !== null);
        next?.focus();
        return { text, undo: null };
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
  private readonly _toggle = iconButton('fold');
  private readonly _name = document.createElement('span');
  private readonly _pre = document.createElement('pre');
  private readonly _code = document.createElement('code');
  private readonly _said = document.createElement('span');
  /** The block, once it is whole. */
  private _block: ICodeBlock | null = null;
  private _placed = '';
}

const ICON_BUTTON = 'jp-Button jp-mod-minimal jp-mod-small jp-devstral-icon-button';

function iconButton(name: string): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = ICON_BUTTON;
  button.dataset.action = name;
  return button;
}

function show(button: HTMLElement, icon: LabIcon, label: string): void {
  button.title = label;
  button.setAttribute('aria-label', label);
  button.replaceChildren(icon.element({ tag: 'span', className: 'jp-devstral-icon' }));
}
