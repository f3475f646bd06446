/** The models that the daemon has, with their size and window. */

import { caretDownEmptyIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IModelInfo } from '../../protocol/status';
import type { ModelSetup } from '../../chat/model-setup';
import { h } from '../../view/element';

interface IProps {
  readonly setup: ModelSetup;
  readonly trans: TranslationBundle;
}

export function ModelPicker({ setup, trans }: IProps): JSX.Element | null {
  const status = setup.status;
  if (!status || status.models.length === 0) {
    return null;
  }
  const names = status.models.map(one => one.name);
  const current = names.find(name => sameModel(name, status.model)) ?? status.model;
  const chosen = status.models.find(one => one.name === current);
  return (
    // The list has the facts of each model; beside it stands the name alone, which has to fit.
    <span className="jp-devstral-model" title={chosen ? label(chosen, trans) : current}>
      <span aria-hidden="true">{current.replace(/:latest$/, '')}</span>
      <caretDownEmptyIcon.react tag="span" className="jp-devstral-icon" />
      <select
        aria-label={trans.__('Model')}
        value={current}
        onChange={event => void setup.choose(event.target.value)}
      >
        {!names.includes(current) && <option value={current}>{trans.__('%1 (not there)', current)}</option>}
        {status.models.map(one => (
          <option key={one.name} value={one.name}>
            {label(one, trans)}
          </option>
        ))}
      </select>
    </span>
  );
}

function sameModel(one: string, other: string): boolean {
  return one === other || one === `${other}:latest`;
}

function label(model: IModelInfo, trans: TranslationBundle): string {
  const facts = [
    model.sizeBytes > 0 ? trans.__('%1 GB', (model.sizeBytes / 1e9).toFixed(1)) : '',
    model.window > 0 ? trans.__('window %1k', Math.round(model.window / 1024)) : '',
    model.isLoaded ? trans.__('loaded') : '',
    model.isRemote ? trans.__('not on this machine') : ''
  ].filter(fact => fact !== '');
  return facts.length > 0 ? `${model.name} · ${facts.join(' · ')}` : model.name;
}
