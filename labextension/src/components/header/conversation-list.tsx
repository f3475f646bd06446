/** All conversations about the notebook: one is opened, named or deleted; the one that is shown is exported. */

import * as React from 'react';
import { deleteIcon, editIcon, markdownIcon, notebookIcon } from '@jupyterlab/ui-components';
import type { ChatModel } from '../../chat/chat-model';
import type { IThread } from '../../protocol/threads';
import { IconButton } from '../icon-button';
import { h } from '../../view/element';

interface IProps {
  readonly model: ChatModel;
  readonly close: () => void;
}

export function ConversationList({ model, close }: IProps): JSX.Element {
  const { trans, threads, conversation } = model;
  const [renamed, setRenamed] = React.useState<string | null>(null);
  const list = threads.list;
  return (
    <section
      className="jp-devstral-threads"
      aria-label={trans.__('Conversations about this notebook')}
      onKeyDown={event => event.key === 'Escape' && renamed === null && close()}
    >
      {list.length === 0 && <p className="jp-devstral-quiet">{trans.__('Nothing was asked about this notebook yet.')}</p>}
      <ul>
        {list.map(thread => (
          <li key={thread.id} aria-current={thread.id === conversation.thread}>
            {renamed === thread.id ? (
              <Name thread={thread} model={model} done={() => setRenamed(null)} />
            ) : (
              <Row thread={thread} model={model} close={close} rename={() => setRenamed(thread.id)} />
            )}
          </li>
        ))}
      </ul>
      {conversation.exchanges.length > 0 && (
        <div className="jp-devstral-buttons">
          <span className="jp-devstral-quiet">{trans.__('Export the one that is shown:')}</span>
          <IconButton
            icon={markdownIcon}
            action="export-markdown"
            label={trans.__('Export as Markdown')}
            onClick={() => void threads.export('markdown')}
          />
          <IconButton
            icon={notebookIcon}
            action="export-notebook"
            label={trans.__('Export as a notebook')}
            onClick={() => void threads.export('notebook')}
          />
        </div>
      )}
    </section>
  );
}

interface IRowProps extends IProps {
  readonly thread: IThread;
  readonly rename: () => void;
}

function Row({ thread, model, close, rename }: IRowProps): JSX.Element {
  const { trans, threads } = model;
  const name = threads.nameOf(thread);
  return (
    <>
      <button
        type="button"
        className="jp-devstral-thread"
        data-action="open-conversation"
        title={thread.first}
        onClick={() => {
          threads.open(thread.id);
          close();
        }}
      >
        <span dir="auto">{name}</span>
        <span className="jp-devstral-quiet">
          {new Date(thread.at).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' })}
          {' · '}
          {trans._n('%1 question', '%1 questions', thread.count)}
        </span>
      </button>
      <IconButton icon={editIcon} action="rename-conversation" label={trans.__('Rename: %1', name)} onClick={rename} />
      <IconButton
        icon={deleteIcon}
        action="delete-conversation"
        label={trans.__('Delete: %1', name)}
        // A second click of a double one meets the conversation that has moved up.
        onClick={({ detail }) => detail < 2 && void threads.delete(thread.id)}
      />
    </>
  );
}

interface INameProps {
  readonly thread: IThread;
  readonly model: ChatModel;
  readonly done: () => void;
}

function Name({ thread, model, done }: INameProps): JSX.Element {
  const { trans, threads } = model;
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        threads.rename(thread.id, new FormData(event.currentTarget).get('title') as string);
        done();
      }}
    >
      <input
        className="jp-devstral-draft"
        name="title"
        dir="auto"
        autoFocus
        maxLength={200}
        defaultValue={threads.nameOf(thread)}
        aria-label={trans.__('Name of the conversation')}
        onFocus={event => event.currentTarget.select()}
        onKeyDown={event => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            done();
          }
        }}
      />
    </form>
  );
}
