/** What can be done with a finished answer, and what became of it. */

import * as React from 'react';
import { said } from '../view/said';
import type { CardModel } from './card-model';
import { KernelButton } from './kernel-button';
import { TrialBadge } from './trial-badge';
import { h } from '../view/element';

export function CardActions({ model }: { model: CardModel }): JSX.Element {
  const { card, outcome, announcement } = model;
  const isDone = card ? card.state === 'done' : model.edits.length > 0;
  const isLeft = card?.state === 'working' && !model.isAtWork;
  return (
    <>
      {isDone && card?.trial && <TrialBadge trial={card.trial} trans={model.trans} />}
      {isDone && card?.advice && <div className="jp-devstral-advice">{said(card.advice)}</div>}
      {isDone && outcome && (
        <div className="jp-devstral-outcome" data-kind={outcome.kind}>
          <span aria-hidden="true">{outcome.kind === 'applied' ? '✓' : '⚠'}</span> {outcome.text}
        </div>
      )}
      {isDone && <Buttons model={model} />}
      {isLeft && (
        <div className="jp-devstral-buttons">
          <Dismiss model={model} />
        </div>
      )}
      <div className="jp-devstral-spoken" role="status" aria-live="polite">
        {announcement}
      </div>
    </>
  );
}

function Buttons({ model }: { model: CardModel }): JSX.Element {
  const { card, edits, outcome, trans } = model;
  const isOpen = outcome?.kind !== 'applied';
  const canRun = card !== null && edits.length === 0 && card.rerun.length > 0;
  return (
    <div className="jp-devstral-buttons">
      {isOpen && edits.length > 0 && (
        <Button name="apply" label={trans.__('Apply')} isPrimary onClick={() => model.apply()} />
      )}
      {isOpen && edits.length > 0 && card && (
        <Button name="apply-and-run" label={trans.__('Apply and run')} onClick={() => model.apply(true)} />
      )}
      {canRun && <Button name="run" label={runLabel(model)} isPrimary onClick={() => model.rerun()} />}
      {card && <KernelButton model={model} action="more" label={trans.__('Explain more')} />}
      <Dismiss model={model} />
    </div>
  );
}

function Dismiss({ model }: { model: CardModel }): JSX.Element {
  return <Button name="dismiss" label={model.trans.__('Dismiss')} onClick={() => model.dismiss()} />;
}

/** "Run cell 4", or "Run cell 4, cell 7". */
function runLabel(model: CardModel): string {
  const cells = model.card?.rerun.map(id => model.cellLabel(id)) ?? [];
  return model.trans.__('Run %1', cells.join(', '));
}

interface IButtonProps {
  readonly name: string;
  readonly label: string;
  readonly isPrimary?: boolean;
  readonly onClick: () => void;
}

function Button({ name, label, isPrimary = false, onClick }: IButtonProps): JSX.Element {
  const className = isPrimary ? 'jp-devstral-button jp-mod-primary' : 'jp-devstral-button';
  return (
    <button type="button" className={className} data-action={name} onClick={onClick}>
      {label}
    </button>
  );
}
