/** The first line of a card: what failed, and what is being done about it. */

import * as React from 'react';
import type { IArriving } from '../protocol/bundle';
import type { CardModel } from './card-model';
import { KernelButton } from './kernel-button';

export function CardHead({ model }: { model: CardModel }): JSX.Element | null {
  const { card, bundle, trans } = model;
  if (bundle?.arriving) {
    const isWaiting = model.isAtWork && bundle.shown === '';
    return isWaiting ? <Arriving model={model} arriving={bundle.arriving} /> : null;
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
            {card.status || trans.__('working')}
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
}

/** What an ordinary answer waits for. */
function Arriving({ model, arriving }: IArrivingProps): JSX.Element {
  return (
    <span className="jp-devstral-status">
      <span className="jp-devstral-pulse" aria-hidden="true" />
      {arriving.status}
      {arriving.waited > 0 && ` · ${model.trans.__('%1 s', arriving.waited)}`}
    </span>
  );
}
