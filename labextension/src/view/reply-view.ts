/**
 * A reply on the screen, also while it arrives: each finished block is drawn once, the growing one at most once a
 * frame and never for longer than a quarter of the time.
 */

import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import { CodeView, ICodeActions } from './code-view';
import { ProseView, proseView } from './prose-view';
import { IBlock, ReplyBlocks } from './reply-blocks';
import { withoutLabel } from './shown-code';

export interface IReplyServices {
  readonly rendermime: IRenderMimeRegistry;
  readonly languages: IEditorLanguageRegistry | null;
  readonly trans: TranslationBundle;
}

export class ReplyView extends Panel {
  constructor(
    private readonly _services: IReplyServices,
    private readonly _actions: ICodeActions
  ) {
    super();
    this.addClass('jp-devstral-reply');
  }

  /** A part of the reply has arrived. */
  add(text: string): void {
    this._blocks.add(text);
    this._schedule();
  }

  /** The reply has ended. */
  end(): void {
    this._blocks.end();
    this._draw();
  }

  /** What became of the blocks of code is looked up again. */
  refresh(): void {
    this.widgets.forEach(view => {
      if (view instanceof CodeView) {
        view.refresh();
        this._nameCell(view);
      }
    });
  }

  dispose(): void {
    cancelAnimationFrame(this._frame);
    clearTimeout(this._timer);
    super.dispose();
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._draw();
  }

  private _schedule(): void {
    if (this._isWaiting || this.isDisposed) {
      return;
    }
    if (this.widgets.length === 0) {
      // The first words have been waited for long enough: what is drawn now is in the next frame.
      this._draw();
      return;
    }
    this._isWaiting = true;
    const pause = Math.max(0, this._drawnAt + 3 * this._cost - performance.now());
    this._timer = setTimeout(() => {
      this._frame = requestAnimationFrame(() => {
        this._isWaiting = false;
        this._draw();
      });
    }, pause);
  }

  private _draw(): void {
    if (this.isDisposed) {
      return;
    }
    const begun = performance.now();
    const { finished, growing } = this._blocks;
    for (; this._drawn < finished.length; this._drawn++) {
      this._finish(finished[this._drawn]);
    }
    if (growing) {
      this._grow(growing);
    } else {
      this._dropGrowing();
    }
    this._drawnAt = performance.now();
    // Markdown is rendered behind this call as well; what it took is not known, so this is a little more than the truth.
    this._cost = Math.max(this._drawnAt - begun, growing?.kind === 'prose' ? growing.text.length / 100 : 0);
  }

  /** The growing block becomes a finished one where it stands. */
  private _finish(block: IBlock): void {
    const growing = this._growing;
    this._growing = null;
    if (growing && this._fits(growing, block)) {
      this._show(growing, block, true);
    } else {
      growing?.dispose();
      const view = this._viewFor(block);
      this.addWidget(view);
      this._show(view, block, true);
    }
  }

  /** A block that says itself which cell it is about needs no line above it that does. */
  private _nameCell(code: CodeView): void {
    const before = this.widgets[this.widgets.indexOf(code) - 1];
    const prose = before instanceof ProseView ? this._prose.get(before) : undefined;
    if (prose !== undefined) {
      void (before as ProseView).showMarkdown(code.isPlaced ? withoutLabel(prose) : prose);
    }
  }

  private _grow(block: IBlock): void {
    if (!this._growing || !this._fits(this._growing, block)) {
      this._dropGrowing();
      this._growing = this._viewFor(block);
      this.addWidget(this._growing);
    }
    this._show(this._growing, block, false);
  }

  private _dropGrowing(): void {
    this._growing?.dispose();
    this._growing = null;
  }

  private _viewFor(block: IBlock): Widget {
    const { rendermime, languages, trans } = this._services;
    if (block.kind === 'code') {
      return new CodeView(this._drawn, languages, trans, this._actions);
    }
    return proseView(rendermime);
  }

  private _fits(view: Widget, block: IBlock): boolean {
    return block.kind === 'code' ? view instanceof CodeView : view instanceof ProseView;
  }

  private _show(view: Widget, block: IBlock, isFinished: boolean): void {
    if (view instanceof CodeView) {
      view.showCode(block.text, block.language, isFinished);
      this._nameCell(view);
    } else if (view instanceof ProseView) {
      this._prose.set(view, block.text);
      void view.showMarkdown(block.text);
    }
  }

  private readonly _blocks = new ReplyBlocks();
  /** What stands in each text. */
  private readonly _prose = new WeakMap<ProseView, string>();
  private _drawn = 0;
  private _growing: Widget | null = null;
  private _isWaiting = false;
  private _drawnAt = 0;
  private _cost = 0;
  private _frame = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
