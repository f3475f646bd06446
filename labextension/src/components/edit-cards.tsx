/** The edits that an answer proposes: a diff each, accepted one by one or all in one undo step. */

import * as React from 'react';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { ChatModel } from '../chat/chat-model';
import type { Exchange } from '../chat/exchange';
import { DiffView } from '../view/diff-view';
import type { IEdit } from '../protocol/edit';
import { useWidget } from './use-widget';

export interface IDiffServices {
  readonly languages: IEditorLanguageRegistry | null;
}

interface IProps {
  readonly exchange: Exchange;
  readonly model: ChatModel;
  readonly services: IDiffServices;
}

export function EditCards({ exchange, model, services }: IProps): JSX.Element | null {
  const { trans } = model;
  const [refusal, setRefusal] = React.useState('');
  const [isSplit, setSplit] = React.useState(false);
  const edits = exchange.proposed;
  const open = edits.map((_, at) => at).filter(at => exchange.edits[at] === 'open');
  if (edits.length === 0) {
    return null;
  }
  const accept = (places: readonly number[]) => setRefusal(model.accept(exchange, places));
  return (
    <section className="jp-devstral-edits" aria-label={trans.__('Proposed changes')}>
      {edits.map((edit, at) => (
        <EditCard
          key={at}
          edit={edit}
          at={at}
          isSplit={isSplit}
          exchange={exchange}
          model={model}
          services={services}
          accept={() => accept([at])}
        />
      ))}
      {refusal && (
        <div className="jp-devstral-outcome" data-kind="refused" role="alert">
          <span aria-hidden="true">⚠</span> {refusal}
        </div>
      )}
      <div className="jp-devstral-buttons">
        {open.length > 1 && (
          <button
            type="button"
            className="jp-devstral-button jp-mod-primary"
            data-action="accept-all"
            onClick={() => accept(open)}
          >
            {trans.__('Accept all')}
          </button>
        )}
        {edits.some(edit => edit.op === 'replace') && (
          <button
            type="button"
            className="jp-devstral-small-button"
            data-action="split"
            aria-pressed={isSplit}
            onClick={() => setSplit(!isSplit)}
          >
            {trans.__('Side by side')}
          </button>
        )}
      </div>
    </section>
  );
}

interface ICardProps extends IProps {
  readonly edit: IEdit;
  readonly at: number;
  readonly isSplit: boolean;
  readonly accept: () => void;
}

function EditCard({ edit, at, isSplit, exchange, model, services, accept }: ICardProps): JSX.Element {
  const { trans } = model;
  const state = exchange.edits[at];
  return (
    <div className="jp-devstral-edit" data-state={state}>
      <Diff edit={edit} heading={heading(edit, model)} isSplit={isSplit} model={model} services={services} />
      {state === 'open' ? (
        <div className="jp-devstral-buttons">
          <button type="button" className="jp-devstral-button jp-mod-primary" data-action="accept" onClick={accept}>
            {trans.__('Accept')}
          </button>
          <button
            type="button"
            className="jp-devstral-button"
            data-action="reject"
            onClick={event => {
              // The button goes; the focus does not go with it.
              const place = event.currentTarget.closest('.jp-devstral-chat');
              model.setEdit(exchange, at, 'rejected');
              place?.querySelector<HTMLElement>('.jp-devstral-draft')?.focus();
            }}
          >
            {trans.__('Reject')}
          </button>
        </div>
      ) : (
        <p className="jp-devstral-quiet">
          {state === 'accepted' ? `✓ ${trans.__('Accepted')}` : `✗ ${trans.__('Rejected')}`}
        </p>
      )}
    </div>
  );
}

interface IDiffProps {
  readonly edit: IEdit;
  readonly heading: string;
  readonly isSplit: boolean;
  readonly model: ChatModel;
  readonly services: IDiffServices;
}

function Diff({ edit, heading, isSplit, model, services }: IDiffProps): JSX.Element {
  const mimeType = model.notebook?.mimeType ?? 'text/x-ipython';
  const host = useWidget(
    () => new DiffView(heading, edit, model.trans, services.languages, mimeType, isSplit),
    [edit, heading, isSplit]
  );
  return <div ref={host} />;
}

function heading(edit: IEdit, { trans, notebook }: ChatModel): string {
  const index = notebook?.indexOf(edit.cellId) ?? -1;
  const cell = index < 0 ? trans.__('the selected cell') : trans.__('cell %1', index);
  switch (edit.op) {
    case 'insert':
      return trans.__('New cell after %1', cell);
    case 'delete':
      return trans.__('Delete %1', cell);
    default:
      return trans.__('Change of %1', cell);
  }
}
