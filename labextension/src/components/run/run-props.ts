/** What every part of a run's view is given. */

import type { AgentModel } from '../../agent/agent-model';
import type { FollowedRun } from '../../agent/followed-run';
import type { ChatModel } from '../../chat/chat-model';
import type { IChatServices } from '../chat-services';

export interface IRunProps {
  readonly followed: FollowedRun;
  readonly agent: AgentModel;
  readonly model: ChatModel;
  readonly services: IChatServices;
}
