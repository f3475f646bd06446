/** The messages, in order; scrolls along while the end is in sight. */

import * as React from 'react';
import type { ChatModel } from '../chat/chat-model';
import type { Exchange } from '../chat/conversation/exchange';
import { cellSign } from '../notebook/cell-name';
import { ExchangeView } from './exchange/exchange-view';
import type { IChatServices } from './chat-services';
import { EmptyLog } from './empty-log';
import { h } from '../view/element';

interface IProps {
  readonly model: ChatModel;
  readonly services: IChatServices;
}

const NEAR = 40;

export function ChatLog({ model, services }: IProps): JSX.Element {
  const { trans, conversation } = model;
  const log = React.useRef<HTMLDivElement>(null);
  useFollowing(log, conversation.exchanges.length);
  return (
    <div
      ref={log}
      className="jp-devstral-log"
      role="log"
      aria-label={trans.__('Conversation')}
      // What arrives is announced as a whole, not word by word.
      aria-live="off"
      aria-busy={conversation.running !== null}
      tabIndex={0}
    >
      {conversation.exchanges.length === 0 && <EmptyLog model={model} />}
      {conversation.exchanges.map(exchange => (
        <ExchangeView
          key={exchange.id}
          exchange={exchange}
          model={model}
          services={services}
          stamp={stampOf(exchange, model)}
        />
      ))}
    </div>
  );
}

/** Whatever an exchange's view shows, in short: a view is drawn again only when this is another. */
function stampOf(exchange: Exchange, { conversation, notebook }: ChatModel): string {
  const { state, phase, error, edits, rounds, retractions, reply, sent, notes, proposed, cells } = exchange;
  const isLast = conversation.exchanges[conversation.exchanges.length - 1] === exchange;
  const signs = [...proposed.map(edit => edit.cellId), ...cells.values()].map(id => cellSign(notebook, id));
  const isWriting = reply !== '';
  return JSON.stringify([state, phase, error, edits, rounds, retractions, isWriting, sent?.tokens, notes, isLast, [...cells], signs, notebook?.path]);
}

/** Keep the end in sight where it was in sight, and when something new is asked. */
function useFollowing(log: React.RefObject<HTMLDivElement>, count: number): void {
  const isAtEnd = React.useRef(true);
  React.useEffect(() => {
    const element = log.current!;
    let last = element.scrollTop;
    const onScroll = () => {
      const { scrollTop } = element;
      const isNear = element.scrollHeight - scrollTop - element.clientHeight < NEAR;
      // Our own scrolling is told late, when more may have arrived below: only who goes up leaves the end.
      isAtEnd.current = isNear || (isAtEnd.current && scrollTop >= last);
      last = scrollTop;
    };
    const follow = new ResizeObserver(() => {
      if (isAtEnd.current) {
        element.scrollTop = element.scrollHeight;
      }
    });
    element.addEventListener('scroll', onScroll, { passive: true });
    const watched = new MutationObserver(() => {
      [...element.children].forEach(child => follow.observe(child));
    });
    watched.observe(element, { childList: true });
    follow.observe(element);
    [...element.children].forEach(child => follow.observe(child));
    return () => {
      element.removeEventListener('scroll', onScroll);
      follow.disconnect();
      watched.disconnect();
    };
  }, [log]);
  React.useEffect(() => {
    isAtEnd.current = true;
    log.current!.scrollTop = log.current!.scrollHeight;
  }, [log, count]);
}
