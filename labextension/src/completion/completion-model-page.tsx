/** The completion model: whether it is there, its download, what it costs beside the chat model, which others are. */

import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { CompletionModelSetup } from './completion-model-setup';
import { MODES } from './completion-settings';
import { Sentence } from '../components/sentence';
import { h } from '../view/element';

export class CompletionModelPage extends ReactWidget {
  constructor(
    private readonly _setup: CompletionModelSetup,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-devstral-chat');
    this.addClass('jp-devstral-completion');
  }

  protected render(): JSX.Element {
    return (
      <UseSignal signal={this._setup.changed}>
        {() => <CompletionModel setup={this._setup} trans={this._trans} />}
      </UseSignal>
    );
  }
}

/** In the sidebar one line, only while there is no model yet, and suggestions are wanted; `open` shows the rest. */
export function completionNotice(setup: CompletionModelSetup, trans: TranslationBundle, open: () => void): JSX.Element {
  return (
    <UseSignal signal={setup.changed}>
      {() => {
        const isMissing = setup.state?.state === 'no-model' || setup.pulling !== null;
        if (!isMissing || setup.settings.mode === 'off' || setup.state?.mode === 'off') {
          return null;
        }
        const { pulling } = setup;
        return (
          <p className="jp-devstral-completion-notice" role="status">
            <span>{pulling ? trans.__('%1 of %2 MB', megabytes(pulling.completed), megabytes(pulling.total)) : trans.__('Ghost text: no model yet')}</span>
            <button type="button" className="jp-devstral-small-button" data-action="completion-model" onClick={open}>
              {trans.__('Set up…')}
            </button>
          </p>
        );
      }}
    </UseSignal>
  );
}

export function CompletionModel({
  setup,
  trans
}: {
  readonly setup: CompletionModelSetup;
  readonly trans: TranslationBundle;
}): JSX.Element {
  const { state, pulling, error, settings } = setup;
  const labels = { on: trans.__('while typing'), manual: trans.__('only when asked (Alt+\\)'), off: trans.__('never') };
  return (
    <section className="jp-devstral-completion-model" data-state={pulling ? 'pulling' : state?.state} role="status">
      {error && (
        <p className="jp-devstral-notice-error">
          <Sentence text={error} />
        </p>
      )}
      {state?.words.map((words, at) => (
        <p key={at} className={at > 0 ? 'jp-devstral-quiet' : ''}>
          <Sentence text={words} />
        </p>
      ))}
      {pulling && (
        <p>
          <progress max={pulling.total || 1} value={pulling.total ? pulling.completed : undefined} />{' '}
          {trans.__('%1 of %2 MB', megabytes(pulling.completed), megabytes(pulling.total))}
        </p>
      )}
      <div className="jp-devstral-buttons">
        {state?.state === 'no-model' && !pulling && (
          <button
            type="button"
            className="jp-devstral-button jp-mod-primary"
            data-action="pull-completion"
            onClick={() => void setup.pull()}
          >
            {state.downloadBytes > 0
              ? trans.__('Pull %1 (%2 MB)', state.model, megabytes(state.downloadBytes))
              : trans.__('Pull %1', state.model)}
          </button>
        )}
        {pulling && (
          <button type="button" className="jp-devstral-button" data-action="stop-pull" onClick={() => setup.stop()}>
            {trans.__('Stop')}
          </button>
        )}
      </div>
      <label>
        {trans.__('Suggest')}{' '}
        <select
          data-choice="mode"
          value={settings.mode}
          onChange={event => void settings.set(event.target.value as (typeof MODES)[number])}
        >
          {MODES.map(mode => (
            <option key={mode} value={mode}>
              {labels[mode]}
            </option>
          ))}
        </select>
      </label>
      {state && state.models.length > 0 && (
        <label>
          {trans.__('Model')}{' '}
          <select
            data-choice="model"
            value={settings.model}
            onChange={event => void settings.choose(event.target.value)}
          >
            <option value="">{trans.__('the configured one')}</option>
            {state.models.map(({ name, sizeBytes }) => (
              <option key={name} value={name}>
                {trans.__('%1 (%2 MB)', name, megabytes(sizeBytes))}
              </option>
            ))}
          </select>
        </label>
      )}
    </section>
  );
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toString();
}
