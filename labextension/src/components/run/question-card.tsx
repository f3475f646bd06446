/** What a run asks: one precise thing, what a yes would do, and a no that is always there. */

import * as React from 'react';
import type { IRunQuestion } from '../../agent/records';
import { cellName } from '../../notebook/cell-name';
import type { IRunProps } from './run-props';
import { h } from '../../view/element';

interface IProps extends IRunProps {
  readonly question: IRunQuestion;
}

export function QuestionCard(props: IProps): JSX.Element {
  const { question, followed, agent, model } = props;
  const { trans } = model;
  const isBusy = followed.isAtWork;
  const [remembers, setRemembers] = React.useState(false);
  const answer = (isAllowed: boolean) => void agent.answer(isAllowed, remembers);
  return (
    <div className="jp-devstral-run-question" role="alertdialog" aria-label={trans.__('Question of the run')}>
      <p>
        <strong>{words(props)}</strong>
      </p>
      {question.kind === 'run' && <pre>{question.source}</pre>}
      {question.why && <p data-kind="reason">{trans.__('The model says: %1', question.why)}</p>}
      <p>{consequence(props)}</p>
      {question.mayRemember && (
        <label>
          <input type="checkbox" checked={remembers} onChange={event => setRemembers(event.target.checked)} />{' '}
          {trans.__('This run: cells that the rules find harmless')}
        </label>
      )}
      <div className="jp-devstral-buttons">
        <button
          type="button"
          className="jp-devstral-button jp-mod-primary"
          data-action="refuse"
          disabled={isBusy}
          onClick={() => answer(false)}
        >
          {question.kind === 'delete' ? trans.__('No, keep it') : trans.__('No, go on without')}
        </button>
        <button
          type="button"
          className="jp-devstral-button"
          data-action="allow"
          disabled={isBusy}
          onClick={() => answer(true)}
        >
          {question.kind === 'delete' ? trans.__('Yes, delete it') : trans.__('Yes, this once')}
        </button>
      </div>
      {isBusy && <p role="status">{trans.__('The cells run for real…')}</p>}
    </div>
  );
}

function words({ question, followed, model }: IProps): string {
  const { trans, notebook } = model;
  const drafted = followed.run.cell(question.cell)?.name ?? question.cell.slice(0, 4);
  const name = cellName(trans, notebook, question.cell) || trans.__('cell %1', drafted);
  switch (question.kind) {
    case 'delete':
      return trans.__('The run wants to delete %1, which is yours. Allow this?', name);
    case 'run':
      return trans.__('The run wants to run %1. Allow this once?', name);
    default:
      return trans.__('About %1: %2. Allow this cell once?', name, question.effect);
  }
}

/** What a yes does, and what a no. */
function consequence({ question, followed, model }: IProps): string {
  const { trans } = model;
  if (question.kind === 'delete') {
    return trans.__('Yes: the cell is missing from the draft, and from the notebook when you keep the run.');
  }
  if (question.kind === 'run') {
    const found = question.effect ? trans.__('The rules say: %1.', question.effect) : trans.__('The rules say nothing.');
    return `${trans.__('Yes: it is put in and runs for real, in your kernel.')} ${found}`;
  }
  if (!question.isForReal) {
    return trans.__('Yes: it may do so in the copy. No: the run goes on without it.');
  }
  const order = [...question.before, question.cell].map(id => followed.run.cell(id)?.name ?? id.slice(0, 4));
  const first = question.before.length
    ? trans.__('Yes: these are put in and run for real, in this order: %1. A fresh copy goes on behind them.', order.join(', '))
    : trans.__('Yes: the cell is put in and runs for real; a fresh copy goes on behind it.');
  return `${first} ${trans.__('What it does outside cannot be undone. No: it is left to Keep and run.')}`;
}
