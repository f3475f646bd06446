/** How far a run is, what it is doing now, and Stop. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Run } from '../../agent/run';
import { thousands } from '../composing/context-row';
import type { IRunProps } from './run-props';
import { h } from '../../view/element';

export function RunBar({ followed, agent, model }: IRunProps): JSX.Element {
  const { trans } = model;
  const { run, problem } = followed;
  const isOver = run.end !== null || problem !== '';
  return (
    <div className="jp-devstral-run-bar">
      {run.isRemembered && !isOver && (
        <p className="jp-devstral-run-note" data-kind="remembered">
          {trans.__('Cells of this run that the rules find harmless run without a question.')}{' '}
          <button
            type="button"
            className="jp-devstral-small-button"
            data-action="revoke"
            onClick={() => agent.revoke()}
          >
            {trans.__('Ask again')}
          </button>
        </p>
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
        {!isOver && (
          <button type="button" className="jp-devstral-button" data-action="stop-run" onClick={() => agent.stop()}>
            {trans.__('Stop')}
          </button>
        )}
        {problem && (
          <button type="button" className="jp-devstral-button" data-action="dismiss" onClick={() => agent.dismiss()}>
            {trans.__('Close')}
          </button>
        )}
      </div>
      {run.step > 0 && <p className="jp-devstral-quiet">{receipt(trans, run)}</p>}
    </div>
  );
}

/** What is being done, in words. */
export function doing(trans: TranslationBundle, run: Run): string {
  if (run.end) {
    const { how, reason } = run.end;
    switch (how) {
      case 'done':
        return trans.__('Done.');
      case 'stopped':
        return trans.__('Stopped.');
      case 'gave up':
        return trans.__('Gave up: %1.', reason);
      default:
        return reason;
    }
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
  if (!run.hasStarted) {
    return trans.__('Makes a copy of the kernel…');
  }
  if (run.running) {
    return trans.__('Rehearses cell %1…', run.cell(run.running)?.name ?? run.running.slice(0, 4));
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
