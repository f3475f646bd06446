/** What the views of the chat need of JupyterLab; handed down, so that no view reaches for the application. */

import type { IMessage } from '../protocol/sent';
import type { IReplyServices } from '../view/reply-view';
import type { IDiffServices } from './exchange/edit-cards';

export interface IChatServices extends IReplyServices, IDiffServices {
  /** Show these messages, or those that would be sent. */
  showPrompt(messages?: readonly IMessage[]): void;
  /** Offer to restart the kernel and to run the cells down to this one; JupyterLab asks first. */
  restartAndRunAbove(cellId: string): void;
  /** What is said below the model's own page about the model of suggestions; null for nothing. */
  readonly completionNotice?: () => JSX.Element | null;
}
