/** What stands between the user and an answer: no daemon, no model, a download; nothing when all is well. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { IStatus } from '../protocol/status';
import type { IPulling } from '../chat/download';
import type { ModelSetup } from '../chat/model-setup';
import { Sentence } from './sentence';
import { h } from '../view/element';

interface IProps {
  readonly setup: ModelSetup;
  readonly trans: TranslationBundle;
}

export function SetupNotice({ setup, trans }: IProps): JSX.Element | null {
  const { status, pulling, error } = setup;
  if (pulling) {
    return <Progress pulling={pulling} setup={setup} trans={trans} />;
  }
  if (!error && (!status || (status.state === 'ready' && status.isLocal))) {
    return null;
  }
  return (
    <section className="jp-devstral-notice" data-state={status?.state ?? 'trouble'} aria-label={trans.__('Model')}>
      {error && <p className="jp-devstral-notice-error">
          <Sentence text={error} />
        </p>}
      {status && (
        <p>
          <Sentence text={status.text} />
        </p>
      )}
      {status && (
        <p>
          <Sentence text={nextStep(status, trans)} />
        </p>
      )}
      <div className="jp-devstral-buttons">
        {status?.canPull && (
          <button
            type="button"
            className="jp-devstral-button jp-mod-primary"
            data-action="pull"
            onClick={() => void setup.pull()}
          >
            {trans.__('Pull %1', status.model)}
          </button>
        )}
        <button type="button" className="jp-devstral-button" data-action="look" onClick={() => void setup.look()}>
          {trans.__('Look again')}
        </button>
      </div>
    </section>
  );
}

function Progress({ pulling, setup, trans }: IProps & { readonly pulling: IPulling }): JSX.Element {
  const { model, status, completed, total } = pulling;
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);
  return (
    <section className="jp-devstral-notice" data-state="pulling" aria-label={trans.__('Model')}>
      <p>{trans.__('Pulling %1', model)}</p>
      <progress max={total || 1} value={total ? completed : undefined} aria-label={trans.__('Pulling %1', model)} />
      <p className="jp-devstral-quiet">
        {total > 0 ? trans.__('%1 of %2 GB', gigabytes(completed), gigabytes(total)) : status}
      </p>
      <button type="button" className="jp-devstral-button" data-action="stop-pull" onClick={() => setup.stopPulling()}>
        {trans.__('Stop')}
      </button>
    </section>
  );
}

/** As the server says it; here somebody may be who has no Ollama yet. */
function nextStep(status: IStatus, trans: TranslationBundle): string {
  return status.state === 'no-server'
    ? trans.__('Start it in a terminal with `ollama serve`; to install it: https://ollama.com/download.')
    : status.nextStep;
}
