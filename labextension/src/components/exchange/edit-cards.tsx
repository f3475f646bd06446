/** The edits that an answer proposes: a diff each, accepted one by one or all in one undo step. */

import * as React from 'react';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { caretDownIcon, caretRightIcon, runIcon, UseSignal } from '@jupyterlab/ui-components';
import type { ChatModel } from '../../chat/chat-model';
import type { EditState, Exchange } from '../../chat/conversation/exchange';
import type { IOutcome } from '../../chat/conversation/notebook-edits';
import { cellName } from '../../notebook/cell-name';
import { choiceOf } from '../../notebook/hunk-choice';
import { DiffView } from '../../view/diff-view';
import type { IEdit } from '../../protocol/edit';
import { CellLink } from '../cell-link';
import { IconButton } from '../icon-button';
import { useWidget } from '../use-widget';
import { editCard } from './edit-place';
import { Outcome } from './outcome';
import { h } from '../../view/element';

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
  const accept = (places: readonly number[], run = false) =>
    setOutcome(model.decisions.accept(exchange, places, { run }));
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
          accept={run => accept([at], run)}
        />
      ))}
      {outcome && <Outcome outcome={outcome} model={model} setOutcome={setOutcome} />}
      <div className="jp-devstral-buttons">
        {open.length > 1 && (
          <>
            <button
              type="button"
              className="jp-devstral-button jp-mod-primary"
              data-action="accept-all"
              onClick={() => accept(open)}
            >
              {trans.__('Accept all')}
            </button>
            {model.notebook?.canRun && (
              <IconButton
                icon={runIcon}
                action="accept-all-run"
                label={trans.__('Accept all and run')}
                onClick={() => accept(open, true)}
              />
            )}
          </>
        )}
        {open.some(at => edits[at].op === 'replace') && (
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
  readonly accept: (run: boolean) => void;
}

function EditCard(props: ICardProps): JSX.Element {
  const { edit, at, isSplit, exchange, model, services } = props;
  const [isShown, setShown] = React.useState(false);
  const state = exchange.edits[at];
  // What was not taken is no part of it any more.
  const shown = React.useMemo(() => (state === 'accepted' ? choiceOf(edit).parts[0] : edit), [edit, state]);
  const diff = (
    <Diff
      edit={shown}
      isOpen={state === 'open'}
      heading={heading(edit, model)}
      isSplit={isSplit}
      model={model}
      services={services}
    />
  );
  return (
    <div className="jp-devstral-edit" data-state={state} data-card={editCard(exchange.id, at)}>
      {state === 'open' ? (
        <>
          {diff}
          <Deciding {...props} />
        </>
      ) : (
        <>
          <p className="jp-devstral-quiet">
            <IconButton
              icon={isShown ? caretDownIcon : caretRightIcon}
              action="show-change"
              label={isShown ? model.trans.__('Hide this change') : model.trans.__('Show this change')}
              isOpen={isShown}
              onClick={() => setShown(!isShown)}
            />
            <Decided edit={edit} state={state} exchange={exchange} model={model} />
          </p>
          {isShown && diff}
        </>
      )}
    </div>
  );
}

function Deciding({ edit, at, exchange, model, accept }: ICardProps): JSX.Element {
  const { trans } = model;
  const choice = choiceOf(edit);
  return (
    <UseSignal signal={choice.changed}>
      {() => (
        <div className="jp-devstral-buttons">
          <button
            type="button"
            className="jp-devstral-button jp-mod-primary"
            data-action="accept"
            disabled={choice.isEmpty}
            onClick={() => accept(false)}
          >
            {choice.isWhole ? trans.__('Accept') : trans.__('Accept %1 of %2', choice.count, choice.hunks.length)}
          </button>
          {edit.op !== 'delete' && edit.kind === 'code' && model.notebook?.canRun && (
            <IconButton
              icon={runIcon}
              action="accept-run"
              label={trans.__('Accept and run')}
              isDisabled={choice.isEmpty}
              onClick={() => accept(true)}
            />
          )}
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
      )}
    </UseSignal>
  );
}

interface IDecidedProps {
  readonly edit: IEdit;
  readonly state: EditState;
  readonly exchange: Exchange;
  readonly model: ChatModel;
}

/** One line in the place of a diff: what became of it, and where; what was left out can be proposed by itself. */
function Decided({ edit, state, exchange, model }: IDecidedProps): JSX.Element {
  const { trans, notebook } = model;
  const name = edit.op === 'replace' ? cellName(trans, notebook, edit.cellId) : '';
  const choice = choiceOf(edit);
  const isInPart = state === 'accepted' && !choice.isWhole;
  const [, rest] = choice.parts;
  const isOffered = exchange.added.some(one => one.before === rest.before && one.source === rest.source);
  const accepted = isInPart
    ? trans.__('Accepted in part (%1 of %2)', choice.count, choice.hunks.length)
    : trans.__('Accepted');
  return (
    <>
      {state === 'accepted' ? `✓ ${accepted}` : `✗ ${trans.__('Rejected')}`}
      {name && ': '}
      {name && <CellLink cellId={edit.cellId} label={name} model={model} />}
      {isInPart && !isOffered && (
        <button
          type="button"
          className="jp-devstral-small-button"
          data-action="propose-rest"
          onClick={() => model.decisions.propose(exchange, rest)}
        >
          {trans.__('Show what was left out')}
        </button>
      )}
    </>
  );
}

interface IDiffProps {
  readonly edit: IEdit;
  /** Whether its changes can be chosen. */
  readonly isOpen: boolean;
  readonly heading: string;
  readonly isSplit: boolean;
  readonly model: ChatModel;
  readonly services: IDiffServices;
}

function Diff({ edit, isOpen, heading, isSplit, model, services }: IDiffProps): JSX.Element {
  const host = useWidget(
    () =>
      new DiffView({
        heading,
        edit,
        isSplit,
        trans: model.trans,
        languages: services.languages,
        mimeType: model.notebook?.mimeType ?? 'text/x-ipython',
        show: () => model.notebook?.select(edit.cellId),
        choice: isOpen ? choiceOf(edit) : undefined
      }),
    [edit, isOpen, heading, isSplit]
  );
  return <div ref={host} />;
}

function heading(edit: IEdit, { trans, notebook }: ChatModel): string {
  const cell = cellName(trans, notebook, edit.cellId) || (edit.cellId ? trans.__('a cell') : trans.__('the selected cell'));
  switch (edit.op) {
    case 'insert':
      return trans.__('New cell after %1', cell);
    case 'delete':
      return trans.__('Delete %1', cell);
    default:
      return trans.__('Change of %1', cell);
  }
}
