/** One question with its answer: what was asked, the reply, its edits, its receipt, and what can be done with it. */

import * as React from 'react';
import { copyIcon, editIcon, refreshIcon, textEditorIcon } from '@jupyterlab/ui-components';
import type { ChatModel } from '../../chat/chat-model';
import type { Exchange } from '../../chat/conversation/exchange';
import type { IOutcome } from '../../chat/conversation/notebook-edits';
import type { IImage } from '../../protocol/question';
import { copyText } from '../../view/copy-text';
import { proseView } from '../../view/prose-view';
import { ReplyView } from '../../view/reply-view';
import { said } from '../../view/said';
import type { IChatServices } from '../chat-services';
import { branchIcon } from '../../icon';
import { IconButton } from '../icon-button';
import { cellsToBe, codeActions } from './code-actions';
import { Sentence } from '../sentence';
import { EditCards } from './edit-cards';
import { Outcome } from './outcome';
import { StatusLine } from './status-line';
import { useWidget } from '../use-widget';
import { h } from '../../view/element';

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
        <IconButton
          icon={branchIcon}
          action="branch"
          label={trans.__('Ask this differently in a new conversation; this one stays')}
          onClick={() => model.threads.branch(exchange)}
        />
        <IconButton
          icon={editIcon}
          action="edit-question"
          label={trans.__('Put this question back into the field; what was said since is taken away')}
          onClick={() => model.edit(exchange)}
        />
      </div>
      <Pictures exchange={exchange} model={model} />
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
      {state !== 'running' && <InsertAll exchange={exchange} model={model} />}
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

/** What was shown with the question. */
function Pictures({ exchange, model }: Pick<IProps, 'exchange' | 'model'>): JSX.Element | null {
  const { images } = exchange.asked.question;
  const [shown, setShown] = React.useState<readonly IImage[]>([]);
  React.useEffect(() => {
    void Promise.all(images.map(image => model.client.withData(model.path, image))).then(setShown);
  }, [images]);
  return images.length === 0 ? null : (
    <ul
      className="jp-devstral-asked-pictures"
      aria-label={model.trans._n('With a picture.', 'With %1 pictures.', images.length)}
    >
      {shown.map(({ mime, data }, at) => (
        <li key={at}>
          <img src={`data:${mime};base64,${data}`} alt="" />
        </li>
      ))}
    </ul>
  );
}

/** The reply's own widgets: text that arrives goes to them, and not through React. */
function Reply({ exchange, model, services }: IProps): JSX.Element {
  const drawn = React.useRef<ReplyView | null>(null);
  const make = () => (drawn.current = new ReplyView(services, codeActions(model, exchange)));
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
  // Cells may have come, gone or been renamed since.
  React.useEffect(() => drawn.current?.refresh());
  return <div ref={host} />;
}

/** All code of an answer as cells, where that is more than one. */
function InsertAll({ exchange, model }: Pick<IProps, 'exchange' | 'model'>): JSX.Element | null {
  const { trans } = model;
  const [outcome, setOutcome] = React.useState<IOutcome | null>(null);
  const cells = cellsToBe(model, exchange);
  if (cells.length < 2 && !outcome) {
    return null;
  }
  return (
    <div className="jp-devstral-buttons">
      {cells.length > 1 && (
        <button
          type="button"
          className="jp-devstral-small-button"
          data-action="insert-all"
          onClick={() => setOutcome(model.decisions.insert(exchange, cells))}
        >
          {trans.__('Insert all %1 blocks below', cells.length)}
        </button>
      )}
      {outcome && <Outcome outcome={outcome} model={model} setOutcome={setOutcome} />}
    </div>
  );
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
        <IconButton
          icon={refreshIcon}
          action="retry"
          label={trans.__('Ask again')}
          onClick={() => void model.retry(exchange)}
        />
      )}
      {exchange.sent && exchange.sent.messages.length > 0 && (
        <IconButton
          icon={textEditorIcon}
          action="show-sent"
          label={trans.__('Show exact prompt')}
          onClick={() => services.showPrompt(exchange.sent?.messages)}
        />
      )}
      {exchange.reply && (
        <IconButton
          icon={copyIcon}
          action="copy-reply"
          label={trans.__('Copy answer')}
          onClick={() => void copyText(exchange.reply, trans).then(said => model.notify(said))}
        />
      )}
    </div>
  );
}

function Markdown(props: { readonly markdown: string; readonly services: IChatServices }): JSX.Element {
  const { markdown, services } = props;
  const host = useWidget(
    () => proseView(services.rendermime),
    [markdown],
    view => void view.showMarkdown(said(markdown))
  );
  return <div ref={host} />;
}
