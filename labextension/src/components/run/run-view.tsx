/** A run: what it is doing, its plan, the notebook as it would be, what it asks, and its review. */

import * as React from 'react';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ProseView, proseView } from '../../view/prose-view';
import { useWidget } from '../use-widget';
import { DraftCell } from './draft-cell';
import { QuestionCard } from './question-card';
import { Review } from './review';
import { RunBar } from './run-bar';
import { note } from './run-parts';
import type { IRunProps } from './run-props';
import { h } from '../../view/element';

export function RunView(props: IRunProps): JSX.Element {
  const { followed, model, services } = props;
  const { trans } = model;
  const { run } = followed;
  const end = React.useRef<HTMLDivElement>(null);
  const cells = run.end ? run.touched : run.cells;
  React.useEffect(() => {
    // What is to be decided must be seen; what is only done need not be.
    if (run.question || run.end) {
      void end.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [run.question?.name, run.state, run.decision]);
  return (
    <section className="jp-devstral-run" aria-label={trans.__('Run')} data-state={run.state} data-run={run.id}>
      <div className="jp-devstral-question">
        <div className="jp-devstral-asked">{run.task}</div>
      </div>
      {run.problem && note('no-copy', '⚠ ', run.problem)}
      <Plan {...props} />
      {cells.length > 0 && (
        <ol className="jp-devstral-run-cells" aria-label={trans.__('Draft of the notebook')}>
          {cells.map(cell => (
            <DraftCell key={cell.id} cell={cell} {...props} />
          ))}
        </ol>
      )}
      {run.reply.trim() && !run.end && (
        <pre className="jp-devstral-run-reply" aria-label={trans.__('What the model writes')}>
          {run.reply.slice(-2000)}
        </pre>
      )}
      {run.question && <QuestionCard {...props} question={run.question} />}
      {run.end?.summary && <Prose markdown={run.end.summary} rendermime={services.rendermime} />}
      <RunBar {...props} />
      {run.end && <Review {...props} end={run.end} />}
      <div ref={end} />
    </section>
  );
}

function Plan({ followed, model }: IRunProps): JSX.Element | null {
  const plan = followed.run.plan;
  if (plan.length === 0) {
    return null;
  }
  return (
    <ul className="jp-devstral-run-plan" aria-label={model.trans.__('Plan')}>
      {plan.map((item, at) => (
        <li key={at}>
          <label>
            <input type="checkbox" checked={item.isDone} disabled readOnly /> {item.text}
          </label>
        </li>
      ))}
    </ul>
  );
}

function Prose({ markdown, rendermime }: { readonly markdown: string; readonly rendermime: IRenderMimeRegistry }) {
  const host = useWidget<ProseView>(
    () => {
      const view = proseView(rendermime);
      void view.showMarkdown(markdown);
      return view;
    },
    [markdown, rendermime]
  );
  return <div ref={host} className="jp-devstral-run-summary" />;
}
