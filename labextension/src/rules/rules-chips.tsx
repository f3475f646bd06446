/** The rules that came with the project: each a chip, off until the user has read it and switched it on. */

import type { ChatModel } from '../chat/chat-model';
import type { IRulesFile } from '../protocol/rules';
import { readAndSwitch } from './rules-dialog';
import { h } from '../view/element';

export function RulesChips({ model }: { readonly model: ChatModel }): JSX.Element | null {
  const files = model.preview?.rules.filter(file => file.problem === '') ?? [];
  if (files.length === 0) {
    return null;
  }
  return (
    <ul className="jp-devstral-chips" aria-label={model.trans.__('Rules of this project')}>
      {files.map(file => (
        <RulesChip key={file.name} file={file} model={model} />
      ))}
    </ul>
  );
}

function RulesChip({ file, model }: { readonly file: IRulesFile; readonly model: ChatModel }): JSX.Element {
  const { trans } = model;
  const label = file.isOn ? trans.__('rules: %1', file.name) : trans.__('rules not sent: %1', file.name);
  const action = file.isOn ? trans.__('Read and switch off: %1', file.name) : trans.__('Read and switch on: %1', file.name);
  return (
    <li
      className={file.isOn ? 'jp-devstral-chip' : 'jp-devstral-chip jp-mod-out'}
      data-kind="rules"
      title={
        file.isOn
          ? trans.__('Part of every prompt until the file changes.')
          : trans.__('This file came with the folder. Nothing of it is sent until you have switched it on.')
      }
    >
      <span>{label}</span>
      <button
        type="button"
        data-action="read-rules"
        title={action}
        aria-label={action}
        onClick={() => void readAndSwitch(model, file)}
      >
        {trans.__('Read…')}
      </button>
    </li>
  );
}
