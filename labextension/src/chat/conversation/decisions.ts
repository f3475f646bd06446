/** What the user decides about the changes that an answer proposes: carried out, kept, and taken back. */

import type { IEdit } from '../../protocol/edit';
import type { Conversation } from './conversation';
import type { ConversationStore } from './conversation-store';
import type { EditState, Exchange } from './exchange';
import type { IOutcome, NotebookEdits } from './notebook-edits';

export class Decisions {
  /** `say` hears what became of it, for screen readers. */
  constructor(
    private readonly _conversation: () => Conversation,
    private readonly _store: ConversationStore,
    private readonly _edits: NotebookEdits,
    private readonly _say: (words: string) => void
  ) {}

  /** Carry out edits of an answer, all or none. */
  accept(exchange: Exchange, places: readonly number[]): IOutcome {
    const conversation = this._conversation();
    const outcome = this._edits.apply(places.map(at => exchange.proposed[at]));
    const mark = (state: EditState) => {
      places.forEach(at => conversation.setEdit(exchange, at, state));
      this._store.decide(conversation, exchange);
    };
    this._say(outcome.text);
    if (!outcome.isDone) {
      return outcome;
    }
    mark('accepted');
    const undo = () => {
      const said = outcome.undo?.() ?? '';
      mark('open');
      return said;
    };
    return { ...outcome, undo };
  }

  /** Offer a change that the user asked for with a button of a code block. */
  propose(exchange: Exchange, edit: IEdit): void {
    const conversation = this._conversation();
    conversation.propose(exchange, edit);
    this._store.decide(conversation, exchange);
  }

  set(exchange: Exchange, at: number, state: EditState): void {
    const conversation = this._conversation();
    conversation.setEdit(exchange, at, state);
    this._store.decide(conversation, exchange);
  }
}
