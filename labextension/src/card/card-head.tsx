/** The first line of a card: what failed, and what is being done about it. */

import * as React from 'react';
import type { IArriving } from '../protocol/bundle';
import type { CardModel } from './card-model';
import { said } from '../view/said';
import { KernelButton } from './kernel-button';
import { h } from '../view/element';

export function CardHead({ model }: { model: CardModel }): JSX.Element | null {
  const { card, bundle, trans } = model;
  if (bundle?.arriving) {
    return <Arriving model={model} arriving={bundle.arriving} isEmpty={bundle.shown === ''} />;
  }
  if (!card) {
    return null;
  }
  return (
    <>
      <span className="jp-devstral-title">{card.title}</span>
      {card.state === 'offer' && (
        <KernelButton model={model} action="explain" label={trans.__('Explain')} isPrimary />
      )}
      {card.state === 'working' && !model.isAtWork && (
        <span className="jp-devstral-status">{trans.__('not finished: run the cell again')}</span>
      )}
      {model.isAtWork && (
        <>
          <span className="jp-devstral-status">
            <span className="jp-devstral-pulse" aria-hidden="true" />
            {said(card.status) || trans.__('working')}
            {card.waited > 0 && ` · ${trans.__('%1 s', card.waited)}`}
          </span>
          <KernelButton model={model} action="stop" label={trans.__('Stop')} />
        </>
      )}
    </>
  );
}

interface IArrivingProps {
  readonly model: CardModel;
  readonly arriving: IArriving;
  readonly isEmpty: boolean;
}

/** What an ordinary answer waits for; one that nobody works on any more was cut off. */
function Arriving({ model, arriving, isEmpty }: IArrivingProps): JSX.Element | null {
  const { trans, isAtWork } = model;
  if (!isAtWork) {
    return (
      <p className="jp-devstral-cut">{trans.__('✂ The answer was cut off: its kernel ended. Run the cell again.')}</p>
    );
  }
  return isEmpty ? (
    <span className="jp-devstral-status">
      <span className="jp-devstral-pulse" aria-hidden="true" />
      {said(arriving.status)}
      {arriving.waited > 0 && ` · ${trans.__('%1 s', arriving.waited)}`}
    </span>
  ) : null;
}
