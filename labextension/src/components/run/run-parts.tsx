/** What several parts of a run's view are made of: a button, and a note. */

import { h } from '../../view/element';

const PLAIN = 'jp-devstral-button';
export const PRIMARY = `${PLAIN} jp-mod-primary`;
export const SMALL = 'jp-devstral-small-button';

export function button(
  action: string,
  label: string,
  onClick: () => unknown,
  disabled = false,
  className = PLAIN
): JSX.Element {
  return (
    <button key={action} type="button" className={className} data-action={action} disabled={disabled} onClick={onClick}>
      {label}
    </button>
  );
}

export function note(kind: string, ...words: readonly React.ReactNode[]): JSX.Element {
  return (
    <p key={kind + words[1]} className="jp-devstral-run-note" data-kind={kind}>
      {...words}
    </p>
  );
}
