/** What the user decides about the changes and the code of an answer: carried out, kept, and taken back. */

import { choiceOf, chosenOf } from '../../notebook/hunk-choice';
import type { IEdit } from '../../protocol/edit';
import type { Conversation } from './conversation';
import type { ConversationStore } from './conversation-store';
import type { EditState, Exchange } from './exchange';
import type { INewCell, IOutcome, NotebookEdits } from './notebook-edits';

/** A block of code that becomes a cell; `at` is its place among the blocks of the answer. */
export interface IPlacedCell extends INewCell {
  readonly at: number;
}

interface IWish {
  /** Whether the cells are run as well. */
  readonly run?: boolean;
}

export class Decisions {
  /** `say` hears what became of it, for screen readers. */
  constructor(
    private readonly _conversation: () => Conversation,
    private readonly _store: ConversationStore,
    private readonly _edits: NotebookEdits,
    private readonly _say: (words: string) => void
  ) {}

  /** Carry out edits of an answer, as far as they were chosen, all or none. */
  accept(exchange: Exchange, places: readonly number[], { run = false }: IWish = {}): IOutcome {
    const conversation = this._conversation();
    const changed = this._edits.apply(chosenOf(places.map(at => exchange.proposed[at])));
    const mark = (state: EditState) => {
      const taken = places.filter(at => !choiceOf(exchange.proposed[at]).isEmpty);
      taken.forEach(at => conversation.setEdit(exchange, at, state));
      this._store.decide(conversation, exchange);
    };
    this._say(changed.text);
    if (!changed.isDone) {
      return changed;
    }
    mark('accepted');
    if (run) {
      this._edits.run(changed.cellIds);
    }
    const undo = () => {
      const said = changed.undo?.() ?? '';
      mark('open');
      return said;
    };
    return { ...changed, undo };
  }

  /** Make cells of blocks of code, in one undo step. */
  insert(exchange: Exchange, blocks: readonly IPlacedCell[], { run = false }: IWish = {}): IOutcome {
    const conversation = this._conversation();
    const changed = this._edits.insert(
      exchange,
      blocks.map(({ source, kind }) => ({ source, kind }))
    );
    if (!changed.isDone) {
      return changed;
    }
    // A cell that is taken away again is simply not there.
    const cells = blocks.map(({ at }, place) => [at, changed.cellIds[place]] as const);
    conversation.setCells(exchange, new Map([...exchange.cells, ...cells]));
    this._store.decide(conversation, exchange);
    if (run) {
      this._edits.run(changed.cellIds);
    }
    return changed;
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
