/** The whole sidebar: which notebook, the state of the model, the conversation, what will be sent, the composer. */

import * as React from 'react';
import type { ChatModel } from '../chat/chat-model';
import type { IChatServices } from './chat-services';
import { ChatLog } from './chat-log';
import { Composer } from './composing/composer';
import { ContextRow } from './composing/context-row';
import { Help } from './composing/help';
import { SetupNotice } from './setup-notice';
import { ChatHeader } from './header/chat-header';
import { NoticeBar } from './notice-bar';
import { Queue } from './composing/queue';
import { RunBar } from './run/run-bar';
import { RunView } from './run/run-view';
import { h } from '../view/element';

interface IProps {
  readonly model: ChatModel;
  readonly services: IChatServices;
}

export function ChatView({ model, services }: IProps): JSX.Element {
  const { trans, announcement, agent } = model;
  const followed = agent.current;
  const isDoing = agent.mode === 'do';
  return (
    <>
      <ChatHeader model={model} />
      <SetupNotice setup={model.setup} trans={trans} />
      {services.completionNotice?.()}
      {isDoing && followed ? (
        <div className="jp-devstral-log">
          <RunView followed={followed} agent={agent} model={model} services={services} />
        </div>
      ) : (
        <ChatLog model={model} services={services} />
      )}
      {!isDoing && followed && !followed.run.end && !followed.problem && (
        <RunBar followed={followed} agent={agent} model={model} services={services} />
      )}
      {model.isHelpShown && <Help model={model} />}
      <NoticeBar model={model} />
      <Queue model={model} />
      <ContextRow model={model} showPrompt={() => services.showPrompt()} />
      <Composer model={model} />
      <div className="jp-devstral-spoken" role="status" aria-live="polite">
        {announcement}
      </div>
    </>
  );
}
