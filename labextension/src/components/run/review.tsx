/** The end of a run: what would change, and one decision about all of it; then what became of that, and its undo. */

import * as React from 'react';
import { effectsOf } from '../../agent/agent-model';
import type { IRunEnd } from '../../agent/records';
import { button, note, PRIMARY, SMALL } from './run-parts';
import type { IRunProps } from './run-props';
import { h } from '../../view/element';

interface IProps extends IRunProps {
  readonly end: IRunEnd;
}

export function Review(props: IProps): JSX.Element {
  const { end, followed, model } = props;
  const { trans } = model;
  const { run } = followed;
  const rows: [string, readonly string[]][] = [
    [trans.__('New variables'), end.newVariables],
    [trans.__('Changed variables'), end.changedVariables],
    [trans.__('Refused'), end.refused]
  ];
  return (
    <div className="jp-devstral-run-review">
      <dl>
        {rows
          .filter(([, names]) => names.length > 0)
          .map(([label, names]) => (
            <React.Fragment key={label}>
              <dt>{label}</dt>
              <dd>{names.join(', ')}</dd>
            </React.Fragment>
          ))}
      </dl>
      {followed.isStale && !run.decision && <Stale {...props} />}
      {run.decision ? <Decided {...props} /> : <Choice {...props} />}
    </div>
  );
}

/** That the kernel has moved on, by which cells, and what is different there by now. */
function Stale(props: IProps): JSX.Element {
  const { trans } = props.model;
  const { said, cells, others } = props.followed.meanwhile;
  const ran = [...(cells.length > 0 ? [names(props, cells)] : []), ...others].join(', ');
  return (
    <div className="jp-devstral-run-note" data-kind="stale" role="alert">
      <p>⚠ {said.join(' ')}</p>
      {ran && <p>{trans.__('Cells that ran meanwhile: %1', ran)}</p>}
    </div>
  );
}

function Choice({ followed, agent, model, end }: IProps): JSX.Element {
  const { trans } = model;
  const { run, takenOut, isAtWork } = followed;
  const left = run.touched.filter(cell => !takenOut.has(cell.id)).length;
  const hasReal = run.realChanges.length > 0;
  if (run.touched.length === 0) {
    return (
      <div className="jp-devstral-buttons">
        {run.isPlan && end.how === 'done' && button('go', trans.__('Go'), () => agent.go(), false, PRIMARY)}
        {button('dismiss', trans.__('Close'), () => agent.dismiss())}
      </div>
    );
  }
  const cannotKeep = isAtWork || left === 0;
  return (
    <div className="jp-devstral-buttons">
      {button('keep', trans.__('Keep'), () => agent.keep(), cannotKeep, PRIMARY)}
      {run.mayRun && button('keep-run', trans.__('Keep and run'), () => agent.keep({ run: true }), cannotKeep)}
      {hasReal
        ? button('undo-run', trans.__('Undo run'), () => agent.undoOrDiscard(), isAtWork)
        : button('discard', trans.__('Discard'), () => agent.undoOrDiscard(), isAtWork)}
      {followed.isStale &&
        button('again', trans.__('Rehearse again'), () => agent.start(run.task, { images: followed.images }), isAtWork)}
    </div>
  );
}

function Decided(props: IProps): JSX.Element {
  const { followed, agent, model, services } = props;
  const { trans } = model;
  const { run, decision, isAtWork } = followed;
  const there = (id: string) => (model.notebook?.indexOf(id) ?? -1) >= 0;
  const place = decision.changes.flatMap(({ id, above }) => [id, above]).find(there) ?? '';
  const hasRun = decision.hasRun || run.realChanges.length > 0;
  return (
    <>
      <p role="status" data-decision={run.decision}>
        {run.decision === 'kept' &&
          (followed.isElsewhere
            ? trans.__('Kept in another tab.')
            : decision.left.length > 0 && decision.changes.length === 0
              ? trans.__('Nothing was kept.')
              : trans.__('Kept in the notebook.'))}
        {run.decision === 'discarded' && trans.__('Discarded: the notebook is as it was.')}
        {run.decision === 'undone' &&
          (decision.leftByUndo.length > 0
            ? trans.__('Undone.')
            : trans.__('Undone: the notebook is as it was before the run.'))}
      </p>
      {decision.leftByUndo.length > 0 &&
        note('left', '⚠ ', trans.__('Not as the run left them, so left alone: %1.', names(props, decision.leftByUndo)))}
      {run.decision === 'undone' && hasRun && <Remains {...props} />}
      <div className="jp-devstral-buttons">
        {run.decision === 'kept' && button('undo-run', trans.__('Undo run'), () => agent.undo(), isAtWork)}
        {run.decision === 'undone' &&
          hasRun &&
          button('restart', trans.__('Restart and run above…'), () => services.restartAndRunAbove(place))}
        {button('dismiss', trans.__('Close'), () => agent.dismiss(), false, SMALL)}
      </div>
    </>
  );
}

/** What an undo does not bring back. */
function Remains({ followed, model, end }: IProps): JSX.Element {
  const { trans } = model;
  const variables = [...end.newVariables, ...end.changedVariables];
  const effects = effectsOf(followed);
  return (
    <div className="jp-devstral-run-note" data-kind="remains">
      <p>⚠ {trans.__('The cells have run: this does not come back by itself.')}</p>
      <ul>
        {variables.length > 0 && <li>{trans.__('Variables: %1', variables.join(', '))}</li>}
        {effects.map(effect => (
          <li key={effect}>{effect}</li>
        ))}
      </ul>
    </div>
  );
}

function names({ followed, model }: IProps, ids: readonly string[]): string {
  const { notebook, trans } = model;
  return ids
    .map(id => {
      const at = notebook?.indexOf(id) ?? -1;
      return at >= 0 ? `#${at + 1}` : trans.__('cell %1', followed.run.cell(id)?.name ?? id.slice(0, 4));
    })
    .join(', ');
}
