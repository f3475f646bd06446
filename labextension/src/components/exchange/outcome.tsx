/** What became of a change of the notebook. */

import type { ChatModel } from '../../chat/chat-model';
import type { IOutcome } from '../../chat/conversation/notebook-edits';
import { h } from '../../view/element';

interface IOutcomeProps {
  readonly outcome: IOutcome;
  readonly model: ChatModel;
  readonly setOutcome: (outcome: IOutcome | null) => void;
}

/** What became of the last click; a change that was made can be taken back. */
export function Outcome({ outcome, model, setOutcome }: IOutcomeProps): JSX.Element {
  const { text, undo, isDone } = outcome;
  return (
    <div className="jp-devstral-outcome" data-kind={isDone ? 'applied' : 'refused'} role="alert">
      <span aria-hidden="true">{isDone ? '✓' : '⚠'}</span> {text}{' '}
      {undo && (
        <button
          type="button"
          className="jp-devstral-small-button"
          data-action="undo"
          onClick={() => setOutcome({ isDone: true, text: undo(), undo: null })}
        >
          {model.trans.__('Undo')}
        </button>
      )}
    </div>
  );
}
