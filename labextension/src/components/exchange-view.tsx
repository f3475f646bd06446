/** One question with its answer: what was asked, the reply, its edits, its receipt, and what can be done with it. */

import * as React from 'react';
import type { ChatModel } from '../chat-model';
import type { Exchange } from '../exchange';
import { proseView } from '../prose-view';
import { ReplyView } from '../reply-view';
import type { IChatServices } from './chat-view';
import { codeActions } from './code-actions';
import { EditCards } from './edit-cards';
import { useWidget } from './use-widget';

interface IProps {
  readonly exchange: Exchange;
  readonly model: ChatModel;
  readonly services: IChatServices;
}

export function ExchangeView({ exchange, model, services }: IProps): JSX.Element {
  const { trans } = model;
  const { asked, state, phase, error, notes } = exchange;
  return (
    <article className="jp-devstral-exchange" data-state={state}>
      <div className="jp-devstral-question">
        <p>{asked.typed}</p>
        <button
          type="button"
          className="jp-devstral-small-button"
          data-action="edit-question"
          title={trans.__('Put this question back into the field; what was said since is taken away')}
          onClick={() => model.edit(exchange)}
        >
          {trans.__('Edit')}
        </button>
      </div>
      <Reply exchange={exchange} model={model} services={services} />
      {state === 'running' && (
        <p className="jp-devstral-status">
          <span className="jp-devstral-pulse" aria-hidden="true" />
          {phase || (exchange.reply ? trans.__('writing') : trans.__('preparing'))}
        </p>
      )}
      {error && <p className="jp-devstral-notice-error">{error}</p>}
      {state === 'stopped' && <p className="jp-devstral-quiet">{trans.__('Stopped.')}</p>}
      {state === 'done' && <EditCards exchange={exchange} model={model} services={services} />}
      {state !== 'running' && <Ending exchange={exchange} model={model} services={services} />}
      {state !== 'done' &&
        notes.map(note => (
          <p key={note} className="jp-devstral-quiet">
            {note}
          </p>
        ))}
    </article>
  );
}

/** The reply's own widgets: text that arrives goes to them, and not through React. */
function Reply({ exchange, model, services }: IProps): JSX.Element {
  const make = () => new ReplyView(services, codeActions(model, exchange));
  const host = useWidget(make, [exchange], view => {
    view.add(exchange.reply);
    const { conversation } = model;
    const onText = (_: unknown, { exchange: of, text }: { exchange: Exchange; text: string }) => {
      if (of === exchange) {
        view.add(text);
      }
    };
    const leave = () => {
      conversation.streamed.disconnect(onText);
      conversation.changed.disconnect(onChanged);
    };
    const onChanged = () => {
      if (exchange.state !== 'running') {
        leave();
        view.end();
      }
    };
    conversation.streamed.connect(onText);
    conversation.changed.connect(onChanged);
    onChanged();
    return leave;
  });
  return <div ref={host} />;
}

function Ending({ exchange, model, services }: IProps): JSX.Element {
  const { trans, conversation } = model;
  const isLast = conversation.exchanges[conversation.exchanges.length - 1] === exchange;
  return (
    <div className="jp-devstral-ending">
      <Receipt markdown={exchange.answer?.bundle.receipt ?? ''} services={services} />
      {isLast && (
        <button
          type="button"
          className="jp-devstral-small-button"
          data-action="retry"
          onClick={() => void model.retry(exchange)}
        >
          {trans.__('Retry')}
        </button>
      )}
      {exchange.sent && exchange.sent.messages.length > 0 && (
        <button
          type="button"
          className="jp-devstral-small-button"
          data-action="show-sent"
          onClick={() => services.showPrompt(exchange.sent?.messages)}
        >
          {trans.__('Show exact prompt')}
        </button>
      )}
      {exchange.reply && (
        <button
          type="button"
          className="jp-devstral-small-button"
          data-action="copy-reply"
          onClick={() => void navigator.clipboard?.writeText(exchange.reply)}
        >
          {trans.__('Copy answer')}
        </button>
      )}
    </div>
  );
}

function Receipt({ markdown, services }: { readonly markdown: string; readonly services: IChatServices }): JSX.Element {
  const host = useWidget(
    () => proseView(services.rendermime),
    [markdown],
    view => void view.showMarkdown(markdown)
  );
  return <div className="jp-devstral-receipt" ref={host} />;
}
