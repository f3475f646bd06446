/** An ordinary answer in the output of its cell, also while it arrives: what is new is drawn, and nothing twice. */

import { Panel } from '@lumino/widgets';
import type { IBundle } from '../protocol/bundle';
import type { ICodeBlock, IPlace } from '../view/code-view';
import { copyText } from '../view/copy-text';
import { ProseView, proseView } from '../view/prose-view';
import { IReplyServices, ReplyView } from '../view/reply-view';
import { said } from '../view/said';

export class AnswerView extends Panel {
  constructor(
    private readonly _services: IReplyServices,
    private readonly _placeOf: (block: ICodeBlock) => IPlace | null
  ) {
    super();
    this._proof = proseView(_services.rendermime);
    this._proof.addClass('jp-devstral-proof');
    this.addWidget(this._proof);
  }

  showBundle({ shown, arriving, proof }: IBundle): void {
    this.setHidden(shown === '');
    if (!shown.startsWith(this._shown) || (this._isEnded && shown !== this._shown)) {
      this._reply?.dispose();
      this._reply = null;
    }
    if (!this._reply) {
      this._reply = this._newReply();
      this._shown = '';
      this._isEnded = false;
      this.insertWidget(0, this._reply);
    }
    if (shown.length > this._shown.length) {
      this._reply.add(shown.slice(this._shown.length));
      this._shown = shown;
    }
    if (!arriving && !this._isEnded) {
      this._isEnded = true;
      this._reply.end();
    }
    void this._proof.showMarkdown(said(proof?.markdown ?? ''));
  }

  /** Cells may have come or gone since. */
  refresh(): void {
    this._reply?.refresh();
  }

  private _newReply(): ReplyView {
    const { trans } = this._services;
    return new ReplyView(this._services, {
      copy: async source => ({ text: await copyText(source, trans), undo: null }),
      placeOf: this._placeOf
    });
  }

  private readonly _proof: ProseView;
  private _reply: ReplyView | null = null;
  private _shown = '';
  private _isEnded = false;
}
