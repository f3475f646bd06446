/** The completion model: whether it is there, its download, what it costs beside the chat model, which others are. */

import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ICompletionState } from './completion-protocol';
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
      {state && (
        <p>
          <Sentence text={said(state, trans)} />
        </p>
      )}
      {state && state.state !== 'trouble' && state.text && (
        <p className="jp-devstral-quiet">
          <Sentence text={state.text} />
        </p>
      )}
      {state && state.needBytes > 0 && <p className="jp-devstral-quiet">{cost(state, trans)}</p>}
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

export function said(state: ICompletionState, trans: TranslationBundle): string {
  switch (state.state) {
    case 'ready':
      return trans.__('Ghost text: %1 is ready.', state.model);
    case 'no-model':
      return trans.__('Ghost text: no model yet.');
    case 'no-server':
      return trans.__('Ghost text: no model server answers.');
    case 'no-insert':
      return trans.__(
        'Ghost text: %1 cannot fill in the middle. It takes a model with the capability “insert”, such as %2.',
        state.model,
        'qwen2.5-coder:1.5b-base'
      );
    case 'waiting':
      return trans.__('Ghost text: %1 waits until %2 is loaded, so that it takes no memory from it.', state.model, state.chat);
    case 'no-room':
      return trans.__('Ghost text: off, there is no room for %1 beside %2.', state.model, state.chat);
    case 'unavailable':
      return trans.__('Ghost text: not available here. Choose a model of this machine for it, or switch it off.');
    case 'refused':
      return trans.__('Ghost text: forbidden by a policy. Ask whoever set it, or choose a model that it allows.');
    default:
      return state.text || trans.__('Ghost text: off.');
  }
}

function cost(state: ICompletionState, trans: TranslationBundle): string {
  const need = gigabytes(state.needBytes);
  const takes =
    state.chatBytes > 0
      ? trans.__('It takes about %1 GB of memory beside %2 (%3 GB).', need, state.chat, gigabytes(state.chatBytes))
      : trans.__('It takes about %1 GB of memory.', need);
  const rooms: Record<string, string> = {
    anywhere: trans.__('There is room for both.'),
    cpu: trans.__('The graphics card has no room that is known of, so it runs on the processor, more slowly.'),
    none: trans.__('There is no room for both, so it stays off while the chat model is loaded.')
  };
  return state.chatBytes > 0 ? `${takes} ${rooms[state.room] ?? ''}` : takes;
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toString();
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

