/** A button that is an icon, with its words as tooltip and for screen readers. */

import * as React from 'react';
import { Button, LabIcon } from '@jupyterlab/ui-components';
import { h } from '../view/element';

interface IProps {
  readonly icon: LabIcon;
  readonly label: string;
  /** What it is called in the page. */
  readonly action: string;
  readonly onClick: (event: React.MouseEvent<HTMLElement>) => void;
  readonly isDisabled?: boolean;
  readonly isPressed?: boolean;
  readonly isOpen?: boolean;
}

export function IconButton(props: IProps): JSX.Element {
  const { icon, label, action, onClick, isDisabled, isPressed, isOpen } = props;
  return (
    <Button
      minimal
      small
      type="button"
      className="jp-devstral-icon-button"
      data-action={action}
      title={label}
      aria-label={label}
      aria-pressed={isPressed}
      aria-expanded={isOpen}
      disabled={isDisabled}
      onClick={onClick}
    >
      <icon.react tag="span" className="jp-devstral-icon" />
    </Button>
  );
}
