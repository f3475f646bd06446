/** A sentence of the server or of a model's host: what stands between backticks, as code. */

import * as React from 'react';

export function Sentence({ text }: { readonly text: string }): JSX.Element {
  return <>{text.split('`').map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part))}</>;
}
