/** Ask or Do: whether what is typed is a question, or a task to be done; and whether it is only to be planned. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { AgentModel, Mode } from '../../agent/agent-model';
import { h } from '../../view/element';

interface IProps {
  readonly agent: AgentModel;
  readonly trans: TranslationBundle;
}

export function ModeChoice({ agent, trans }: IProps): JSX.Element {
  const labels: Record<Mode, string> = { ask: trans.__('Ask'), do: trans.__('Do') };
  return (
    <div className="jp-devstral-mode" role="group" aria-label={trans.__('What is typed is')}>
      {(Object.keys(labels) as Mode[]).map(mode => (
        <button
          key={mode}
          type="button"
          className="jp-devstral-small-button"
          data-action={`mode-${mode}`}
          aria-pressed={agent.mode === mode}
          onClick={() => agent.setMode(mode)}
        >
          {labels[mode]}
        </button>
      ))}
      {agent.mode === 'do' && (
        <label>
          <input
            type="checkbox"
            data-action="plan-only"
            checked={agent.isPlan}
            onChange={event => agent.setPlan(event.target.checked)}
          />{' '}
          {trans.__('Plan only')}
        </label>
      )}
    </div>
  );
}
