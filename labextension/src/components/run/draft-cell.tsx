/** One cell of a run: what it changes as a diff, what it showed in the rehearsal below it, what went wrong folded. */

import type { IRunCell } from '../../agent/records';
import type { IAttempt } from '../../agent/run';
import type { IEdit } from '../../protocol/edit';
import { DiffView } from '../../view/diff-view';
import { said as inOwnWords } from '../../view/said';
import { useWidget } from '../use-widget';
import { OutputsView } from './outputs-view';
import { note } from './run-parts';
import { IRunProps, nameOf } from './run-props';
import { h } from '../../view/element';

interface IProps extends IRunProps {
  readonly cell: IRunCell;
}

export function DraftCell(props: IProps): JSX.Element {
  const { cell, followed, agent, model, services } = props;
  const { trans } = model;
  const { run, takenOut, decision } = followed;
  const isOut = takenOut.has(cell.id);
  const outcome = decision.outcomes.find(one => one.cell === cell.id);
  // What was refused there is no rehearsal of what it does for real.
  const isRefused = cell.refused.length > 0;
  const isReal = run.end?.real.includes(cell.id) ?? false;
  return (
    <li
      className={`jp-devstral-run-cell${isOut ? ' jp-mod-out' : ''}`}
      data-cell={cell.id}
      data-state={cell.state}
      aria-label={heading(props, cell)}
    >
      <Source {...props} />
      <Attempts attempts={run.attempts(cell.id)} {...props} />
      <Outputs {...props} />
      {agent.updatesOf(cell, followed).map(({ outputs, cells }, at) => (
        <div key={at} data-kind="update">
          <p className="jp-devstral-run-note">
            {trans.__('It changes what %1 shows:', cells.map(id => nameOf(props, id)).join(', '))}
          </p>
          <Shown outputs={outputs} services={services} model={model} />
        </div>
      ))}
      {cell.notes.map(([kind, words]) => note(kind, kind === 'refused' ? '⊘ ' : '⚠ ', inOwnWords(words)))}
      {(isReal || (outcome && isRefused)) && note('real', trans.__('It ran for real, as you allowed.'))}
      {decision.left
        .filter(([id]) => id === cell.id)
        .map(([, why]) =>
          note(
            'left',
            '⚠ ',
            why === 'locked'
              ? trans.__('Not kept: the cell is locked.')
              : why === 'not run'
                ? trans.__('Not run: you have changed this cell meanwhile.')
                : trans.__('Not kept: you have changed this cell meanwhile.')
          )
        )}
      {outcome &&
        !isRefused &&
        (outcome.isSame
          ? note('same', `✓ ${trans.__('as rehearsed')}`)
          : note(
              'differs',
              `≠ ${trans.__('not as rehearsed')} `,
              <q>{outcome.rehearsed.slice(0, 200)}</q>,
              ' → ',
              <q>{outcome.real.slice(0, 200)}</q>
            ))}
      {run.end && !run.decision && !isReal && (
        <label className="jp-devstral-run-choice">
          <input
            type="checkbox"
            data-action="take"
            checked={!isOut}
            onChange={() => agent.toggle(cell.id)}
          />{' '}
          {trans.__('Keep this cell')}
        </label>
      )}
    </li>
  );
}

function Source(props: IProps): JSX.Element {
  const { cell, model, services } = props;
  const { trans, notebook } = model;
  const words = heading(props, cell);
  const { id, source, before, kind, state } = cell;
  const host = useWidget(() => {
    const edit: IEdit = { op: opOf(cell), cellId: id, before, source, kind };
    const isThere = (notebook?.indexOf(id) ?? -1) >= 0;
    return new DiffView({
      heading: words,
      edit,
      trans,
      languages: services.languages,
      mimeType: notebook?.mimeType ?? 'text/x-ipython',
      show: isThere ? () => model.notebook?.select(id) : undefined
    });
  }, [words, source, before, state]);
  return <div ref={host} />;
}

function Outputs({ cell, services, model }: IProps): JSX.Element | null {
  const { outputs, error } = cell;
  if (outputs.length === 0) {
    return null;
  }
  const shown = <Shown outputs={outputs} services={services} model={model} />;
  return error ? (
    <details className="jp-devstral-run-attempts">
      <summary>⚠ {error}</summary>
      {shown}
    </details>
  ) : (
    shown
  );
}

function Shown({ outputs, services, model }: Pick<IProps, 'services' | 'model'> & Pick<IRunCell, 'outputs'>) {
  const host = useWidget(() => new OutputsView(services.rendermime, outputs, model.agent.instead), [outputs]);
  return <div ref={host} />;
}

function Attempts({ attempts, services, model }: IProps & { readonly attempts: readonly IAttempt[] }) {
  const { trans } = model;
  if (attempts.length === 0) {
    return null;
  }
  return (
    <details className="jp-devstral-run-attempts">
      <summary>{trans._n('%1 earlier attempt', '%1 earlier attempts', attempts.length)}</summary>
      {attempts.map((attempt, at) => (
        <div key={at}>
          <pre>{attempt.source}</pre>
          {attempt.outputs.length > 0 ? (
            <Shown outputs={attempt.outputs} services={services} model={model} />
          ) : (
            <p className="jp-devstral-quiet">{attempt.error}</p>
          )}
        </div>
      ))}
    </details>
  );
}

function opOf({ state }: IRunCell): IEdit['op'] {
  return state === 'new' ? 'insert' : state === 'deleted' ? 'delete' : 'replace';
}

function heading(props: IRunProps, cell: IRunCell): string {
  const { trans } = props.model;
  const name = nameOf(props, cell.id);
  switch (cell.state) {
    case 'new':
      return trans.__('New cell %1', cell.name);
    case 'deleted':
      return trans.__('Delete %1', name);
    case 'changed':
      return trans.__('Change of %1', name);
    default:
      return trans.__('%1, run again', name);
  }
}
