/** What every part of a run's view is given. */

import type { AgentModel } from '../../agent/agent-model';
import type { FollowedRun } from '../../agent/followed-run';
import type { ChatModel } from '../../chat/chat-model';
import { cellName } from '../../notebook/cell-name';
import type { IChatServices } from '../chat-services';

export interface IRunProps {
  readonly followed: FollowedRun;
  readonly agent: AgentModel;
  readonly model: ChatModel;
  readonly services: IChatServices;
}

/** How a cell is called: as the user sees it; of the draft alone, as the model calls it. */
export function nameOf({ followed, model: { notebook, trans } }: IRunProps, id: string): string {
  return cellName(trans, notebook, id) || trans.__('cell %1', followed.run.cell(id)?.name ?? id.slice(0, 4));
}
