/** A sentence of the server or of a model's host, in the user's language: what stands between backticks, as code. */

import * as React from 'react';
import { said } from '../view/said';
import { h } from '../view/element';

export function Sentence({ text }: { readonly text: string }): JSX.Element {
  return <>{said(text).split('`').map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part))}</>;
}
