/** A button for something that only a kernel with the extension can do. */

import type { CardModel } from './card-model';
import type { CardAction } from '../protocol/kernel-messages';
import { h } from '../view/element';

interface IProps {
  readonly model: CardModel;
  readonly action: CardAction;
  readonly label: string;
  readonly isPrimary?: boolean;
}

export function KernelButton({ model, action, label, isPrimary = false }: IProps): JSX.Element {
  const { isConnected, trans } = model;
  const why = isConnected
    ? undefined
    : trans.__('No kernel with jupyter_devstral is connected: start one, and run %load_ext jupyter_devstral.');
  return (
    <button
      type="button"
      className={isPrimary ? 'jp-devstral-button jp-mod-primary' : 'jp-devstral-button'}
      data-action={action}
      disabled={!isConnected}
      title={why}
      onClick={() => model.act(action)}
    >
      {label}
    </button>
  );
}
