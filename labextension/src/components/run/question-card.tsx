/** What a run asks: one precise thing, what a yes would do, and a no that is always there. */

import * as React from 'react';
import type { IRunQuestion } from '../../agent/records';
import { IRunProps, nameOf } from './run-props';
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
      <p>{question.means}</p>
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

function words(props: IProps): string {
  const { question, model } = props;
  const { trans } = model;
  const name = nameOf(props, question.cell);
  switch (question.kind) {
    case 'delete':
      return trans.__('The run wants to delete %1, which is yours. Allow this?', name);
    case 'run':
      return trans.__('The run wants to run %1. Allow this once?', name);
    default:
      return trans.__('About %1: %2. Allow this cell once?', name, question.effect);
  }
}
