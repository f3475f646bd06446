/** What a running answer waits for, for how long it has, and how long that will take where that is known. */

import * as React from 'react';
import type { ChatModel } from '../../chat/chat-model';
import { said } from '../../view/said';
import type { Exchange } from '../../chat/conversation/exchange';
import { h } from '../../view/element';

interface IProps {
  readonly exchange: Exchange;
  readonly model: ChatModel;
}

/** Shorter waits are not worth a clock, in seconds. */
const QUIET = 2;

export function StatusLine({ exchange, model }: IProps): JSX.Element {
  const { trans, readingSpeed } = model;
  const { phase, reply, begunAt, sent } = exchange;
  const waited = useSecondsSince(begunAt);
  const isWaiting = phase !== '' || reply === '';
  const expected = readingSpeed > 0 && sent ? sent.tokens / readingSpeed : 0;
  return (
    <p className="jp-devstral-status">
      <span className="jp-devstral-pulse" aria-hidden="true" />
      {said(phase) || (reply ? trans.__('writing') : trans.__('preparing'))}
      {isWaiting && waited >= QUIET && ` · ${trans.__('%1 s', waited)}`}
      {isWaiting && expected > waited && expected >= QUIET && ` · ${trans.__('about %1 s in all', Math.ceil(expected))}`}
    </p>
  );
}

function useSecondsSince(begun: number): number {
  const [now, setNow] = React.useState(() => Date.now());
  React.useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return begun ? Math.max(0, Math.round((now - begun) / 1000)) : 0;
}
