/** The name of a cell, which brings it into sight. */

import type { ChatModel } from '../chat/chat-model';
import { h } from '../view/element';

interface IProps {
  readonly cellId: string;
  readonly label: string;
  readonly model: ChatModel;
}

export function CellLink({ cellId, label, model }: IProps): JSX.Element {
  return (
    <button
      type="button"
      className="jp-devstral-link"
      data-action="go-to-cell"
      title={model.trans.__('Show this cell')}
      onClick={() => model.notebook?.select(cellId)}
    >
      {label}
    </button>
  );
}
