/** The edits that an answer proposes: a diff each, accepted one by one or all in one undo step. */

import * as React from 'react';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { ChatModel } from '../../chat/chat-model';
import type { Exchange } from '../../chat/conversation/exchange';
import type { IOutcome } from '../../chat/conversation/notebook-edits';
import { cellName } from '../../notebook/cell-name';
import { DiffView } from '../../view/diff-view';
import type { IEdit } from '../../protocol/edit';
import { useWidget } from '../use-widget';

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
  const [outcome, setOutcome] = React.useState<IOutcome | null>(null);
  const [isSplit, setSplit] = React.useState(false);
  const edits = exchange.proposed;
  const open = edits.map((_, at) => at).filter(at => exchange.edits[at] === 'open');
  if (edits.length === 0) {
    return null;
  }
  const accept = (places: readonly number[]) => setOutcome(model.decisions.accept(exchange, places));
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
      {outcome && <Outcome outcome={outcome} model={model} setOutcome={setOutcome} />}
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
              model.decisions.set(exchange, at, 'rejected');
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
    () =>
      new DiffView(heading, edit, model.trans, services.languages, mimeType, isSplit, () =>
        model.notebook?.select(edit.cellId)
      ),
    [edit, heading, isSplit]
  );
  return <div ref={host} />;
}

interface IOutcomeProps {
  readonly outcome: IOutcome;
  readonly model: ChatModel;
  readonly setOutcome: (outcome: IOutcome | null) => void;
}

/** What became of the last click; a change that was made can be taken back. */
function Outcome({ outcome, model, setOutcome }: IOutcomeProps): JSX.Element {
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

function heading(edit: IEdit, { trans, notebook }: ChatModel): string {
  const cell = cellName(trans, notebook, edit.cellId) || trans.__('the selected cell');
  switch (edit.op) {
    case 'insert':
      return trans.__('New cell after %1', cell);
    case 'delete':
      return trans.__('Delete %1', cell);
    default:
      return trans.__('Change of %1', cell);
  }
}
