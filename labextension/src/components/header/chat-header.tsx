/** The head of the sidebar: which notebook, which model, which conversation. */

import * as React from 'react';
import { PathExt } from '@jupyterlab/coreutils';
import { addIcon, clearIcon, listIcon } from '@jupyterlab/ui-components';
import type { ChatModel } from '../../chat/chat-model';
import { IconButton } from '../icon-button';
import { ConversationList } from './conversation-list';
import { ModelPicker } from './model-picker';
import { h } from '../../view/element';

export function ChatHeader({ model }: { readonly model: ChatModel }): JSX.Element {
  const { trans, notebook, conversation, threads } = model;
  const [isListed, setListed] = React.useState(false);
  const name = notebook && PathExt.basename(notebook.path);
  const isEmpty = conversation.exchanges.length === 0;
  return (
    <>
      <header className="jp-devstral-chat-header">
        <h2 className="jp-devstral-chat-title" title={notebook?.path}>
          {name ? trans.__('About %1', name) : trans.__('No notebook is open')}
        </h2>
        <ModelPicker setup={model.setup} trans={trans} />
        <span className="jp-devstral-header-buttons">
          <IconButton
            icon={addIcon}
            action="new-conversation"
            label={trans.__('New conversation')}
            isDisabled={isEmpty}
            onClick={() => threads.begin()}
          />
          <IconButton
            icon={listIcon}
            action="conversations"
            label={trans.__('Conversations about this notebook')}
            isOpen={isListed}
            onClick={() => {
              if (!isListed) {
                threads.look();
              }
              setListed(!isListed);
            }}
          />
          <IconButton
            icon={clearIcon}
            action="clear"
            label={trans.__('Clear this conversation')}
            isDisabled={isEmpty}
            onClick={() => model.clear()}
          />
        </span>
      </header>
      {isListed && <ConversationList model={model} close={() => setListed(false)} />}
    </>
  );
}
