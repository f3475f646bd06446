/** The messages that would be sent, or were, word for word. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IMessage } from '../protocol/sent';
import { h } from '../view/element';
import { reasonOf } from '../protocol/reason';

export async function showPrompt(
  trans: TranslationBundle,
  ask: () => readonly IMessage[] | Promise<readonly IMessage[]>
): Promise<void> {
  let body: JSX.Element;
  try {
    const messages = await ask();
    body = (
      <div className="jp-devstral-prompt" tabIndex={0}>
        {messages.map((message, at) => (
          <section key={at}>
            <h3>{message.role}</h3>
            <pre>{message.content}</pre>
          </section>
        ))}
      </div>
    );
  } catch (error) {
    body = <p>{reasonOf(error)}</p>;
  }
  await showDialog({
    title: trans.__('Exact prompt'),
    body,
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}
