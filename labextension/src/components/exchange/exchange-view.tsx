/** One question with its answer: what was asked, the reply, its edits, its receipt, and what can be done with it. */

import * as React from 'react';
import type { ChatModel } from '../../chat/chat-model';
import type { Exchange } from '../../chat/conversation/exchange';
import { copyText } from '../../view/copy-text';
import { proseView } from '../../view/prose-view';
import { ReplyView } from '../../view/reply-view';
import type { IChatServices } from '../chat-services';
import { codeActions } from './code-actions';
import { Sentence } from '../sentence';
import { EditCards } from './edit-cards';
import { StatusLine } from './status-line';
import { useWidget } from '../use-widget';

interface IProps {
  readonly exchange: Exchange;
  readonly model: ChatModel;
  readonly services: IChatServices;
}

/** `stamp` is another one when the exchange is to be drawn again. */
export const ExchangeView = React.memo(
  drawn,
  (one, other) => one.exchange === other.exchange && one.stamp === other.stamp
);

function drawn({ exchange, model, services }: IProps & { readonly stamp: string }): JSX.Element {
  const { trans } = model;
  const { asked, state, error, notes } = exchange;
  return (
    <article className="jp-devstral-exchange" data-state={state}>
      <div className="jp-devstral-question">
        <p dir="auto">{asked.typed}</p>
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
      {state === 'running' && <StatusLine exchange={exchange} model={model} />}
      {exchange.isCut && (
        <p className="jp-devstral-cut">{trans.__('✂ The answer was cut off here.')}</p>
      )}
      {error && (
        <p className="jp-devstral-notice-error">
          <Sentence text={error} />
        </p>
      )}
      {state === 'stopped' && <p className="jp-devstral-quiet">{trans.__('Stopped.')}</p>}
      <Proof exchange={exchange} model={model} services={services} />
      {state === 'done' && <EditCards exchange={exchange} model={model} services={services} />}
      {state !== 'running' && <Ending exchange={exchange} model={model} services={services} />}
      {state !== 'done' &&
        notes.map(note => (
          <p key={note} className="jp-devstral-quiet">
            <Sentence text={note} />
          </p>
        ))}
    </article>
  );
}

/** The reply's own widgets: text that arrives goes to them, and not through React. */
function Reply({ exchange, model, services }: IProps): JSX.Element {
  const make = () => new ReplyView(services, codeActions(model, exchange));
  const host = useWidget(make, [exchange, exchange.rounds, exchange.retractions], view => {
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

/** What became of the tests in the answer. */
function Proof({ exchange, model, services }: IProps): JSX.Element | null {
  const { trans } = model;
  const proof = exchange.answer?.bundle.proof;
  if (!proof) {
    return null;
  }
  const { markdown, strengthen, key } = proof;
  const { target } = exchange.asked.question;
  return (
    // Wide tables scroll, which the keyboard can do only where the focus can be.
    <section className="jp-devstral-proof" aria-label={trans.__('What became of the tests')} tabIndex={0}>
      <Markdown markdown={markdown} services={services} />
      {strengthen && (
        <button
          type="button"
          className="jp-devstral-button"
          data-action="strengthen"
          title={trans.__('Ask for tests that notice what these do not')}
          onClick={() => void model.ask({ task: 'test', question: strengthen, target, strengthens: key })}
        >
          {trans.__('Strengthen')}
        </button>
      )}
    </section>
  );
}

function Ending({ exchange, model, services }: IProps): JSX.Element {
  const { trans, conversation } = model;
  const isLast = conversation.exchanges[conversation.exchanges.length - 1] === exchange;
  return (
    <div className="jp-devstral-ending">
      <div className="jp-devstral-receipt">
        <Markdown markdown={exchange.answer?.bundle.receipt ?? ''} services={services} />
      </div>
      {isLast && exchange.canContinue && (
        <button
          type="button"
          className="jp-devstral-small-button"
          data-action="continue"
          title={trans.__('Go on where the answer ended')}
          onClick={() => void model.goOn(exchange)}
        >
          {trans.__('Continue')}
        </button>
      )}
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
          onClick={() => void copyText(exchange.reply, trans).then(said => model.notify(said))}
        >
          {trans.__('Copy answer')}
        </button>
      )}
    </div>
  );
}

function Markdown(props: { readonly markdown: string; readonly services: IChatServices }): JSX.Element {
  const { markdown, services } = props;
  const host = useWidget(
    () => proseView(services.rendermime),
    [markdown],
    view => void view.showMarkdown(markdown)
  );
  return <div ref={host} />;
}
