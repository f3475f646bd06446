/** The first line of a card: what failed, and what is being done about it. */

import * as React from 'react';
import type { CardModel } from './card-model';
import { KernelButton } from './kernel-button';

export function CardHead({ model }: { model: CardModel }): JSX.Element | null {
  const { card, trans } = model;
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
          </span>
          <KernelButton model={model} action="stop" label={trans.__('Stop')} />
        </>
      )}
    </>
  );
}
