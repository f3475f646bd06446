/** How far a run is, what it is doing now, and Stop. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Run } from '../../agent/run';
import { thousands } from '../composing/context-row';
import { button, note, SMALL } from './run-parts';
import type { IRunProps } from './run-props';
import { h } from '../../view/element';

export function RunBar({ followed, agent, model }: IRunProps): JSX.Element {
  const { trans } = model;
  const { run, problem } = followed;
  const isOver = run.end !== null || problem !== '';
  return (
    <div className="jp-devstral-run-bar">
      {run.isRemembered &&
        !isOver &&
        note(
          'remembered',
          trans.__('Cells of this run that the rules find harmless run without a question.'),
          ' ',
          button('revoke', trans.__('Ask again'), () => agent.revoke(), false, SMALL)
        )}
      {!isOver && (
        <progress
          aria-label={trans.__('Steps')}
          max={run.mostSteps || 1}
          value={run.step}
        />
      )}
      <div className="jp-devstral-run-now">
        <span role="status" aria-live="polite">
          {problem || doing(trans, run)}
        </span>
        {!isOver && button('stop-run', trans.__('Stop'), () => agent.stop())}
        {problem && button('dismiss', trans.__('Close'), () => agent.dismiss())}
      </div>
      {run.step > 0 && <p className="jp-devstral-quiet">{receipt(trans, run)}</p>}
    </div>
  );
}

/** What is being done, in words. */
export function doing(trans: TranslationBundle, run: Run): string {
  if (run.end) {
    return run.end.reason;
  }
  if (run.waitsFor) {
    return run.waitsFor;
  }
  if (run.question) {
    return trans.__('Waits for your answer.');
  }
  if (run.said) {
    return run.said;
  }
  return run.reply ? trans.__('The model writes…') : trans.__('The model reads…');
}

function receipt(trans: TranslationBundle, run: Run): string {
  const end = run.end;
  const [read, written] = [end?.promptTokens ?? run.promptTokens, end?.replyTokens ?? run.replyTokens];
  const parts = [
    end ? trans._n('%1 step', '%1 steps', end.steps) : trans.__('step %1 of %2', run.step, run.mostSteps),
    trans.__('%1 tokens read, %2 written', thousands(read), thousands(written)),
    run.model
  ];
  if (end) {
    parts.push(trans.__('%1 s', end.seconds));
    if (end.memory > 0) {
      parts.push(trans.__('copy %1 MB', Math.ceil(end.memory / 2 ** 20)));
    }
  }
  return parts.filter(Boolean).join(' · ');
}
