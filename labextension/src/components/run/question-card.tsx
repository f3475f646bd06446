/** What a run asks: one precise thing, what a yes would do, and a no that is always there. */

import * as React from 'react';
import type { IRunQuestion } from '../../agent/records';
import { button, PRIMARY } from './run-parts';
import { IRunProps, nameOf } from './run-props';
import { h } from '../../view/element';

interface IProps extends IRunProps {
  readonly question: IRunQuestion;
}

export function QuestionCard(props: IProps): JSX.Element {
  const { question, followed, agent, model } = props;
  const { trans } = model;
  const isBusy = followed.isAtWork;
  const [asks, no, yes] = question.asks;
  const [remembers, setRemembers] = React.useState(false);
  const answer = (isAllowed: boolean) => void agent.answer(isAllowed, remembers);
  return (
    <div className="jp-devstral-run-question" role="alertdialog" aria-label={trans.__('Question of the run')}>
      <p>
        <strong>{asks?.replace('%1', () => nameOf(props, question.cell))}</strong>
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
        {button('refuse', no, () => answer(false), isBusy, PRIMARY)}
        {button('allow', yes, () => answer(true), isBusy)}
      </div>
      {isBusy && <p role="status">{trans.__('The cells run for real…')}</p>}
    </div>
  );
}

