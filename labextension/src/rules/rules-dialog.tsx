/** The words of a file of rules, to be read before they are switched on; what was shown is what is agreed to. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { ChatModel } from '../chat/chat-model';
import type { IRulesFile } from '../protocol/rules';
import { h } from '../view/element';

export async function readAndSwitch(model: ChatModel, file: IRulesFile): Promise<void> {
  const { trans, client } = model;
  const path = model.path;
  try {
    const shown = (await client.rules(path)).find(one => one.name === file.name);
    if (shown && (await isAgreed(model, shown))) {
      await client.switchRules(path, { ...shown, isOn: !shown.isOn });
    }
  } catch (error) {
    model.notify(error instanceof Error ? error.message : trans.__('Something went wrong.'));
  }
  model.lookAgain();
}

async function isAgreed({ trans }: ChatModel, file: IRulesFile): Promise<boolean> {
  const body = (
    <div className="jp-devstral-prompt" tabIndex={0}>
      <p>
        {file.isOn
          ? trans.__('Part of every prompt until the file changes.')
          : trans.__(
              'This file came with the folder: whoever wrote it speaks to the model in your name. Switch it on only if you agree with all of it. When it changes, it is off again.'
            )}
      </p>
      {file.isCut && <p>{trans.__('Only its first 4 KB are sent.')}</p>}
      <pre dir="auto">{file.text}</pre>
    </div>
  );
  const label = file.isOn ? trans.__('Switch off') : trans.__('Switch on');
  const { button } = await showDialog({
    title: trans.__('Rules: %1', file.name),
    body,
    buttons: [Dialog.cancelButton({ label: trans.__('Close') }), Dialog.okButton({ label })],
    // Nobody agrees by Enter alone.
    defaultButton: 0
  });
  return button.accept;
}
