/** Where a message is typed: completion of "/" and "@", Enter sends, Escape closes or stops. */

import * as React from 'react';
import type { ChatModel } from '../../chat/chat-model';
import { aboutCommand } from '../../chat/composing/command-texts';
import { completed, fragmentAt, ISuggestion, suggestions } from '../../chat/composing/mentions';
import { ModeChoice } from './mode-choice';
import { RouteBar } from './route-bar';

const LIST_ID = 'jp-devstral-suggestions';

export function Composer({ model }: { readonly model: ChatModel }): JSX.Element {
  const { trans, draft } = model;
  const field = React.useRef<HTMLTextAreaElement>(null);
  const [cursor, setCursor] = React.useState(0);
  const [chosen, setChosen] = React.useState(0);
  const [isClosed, setClosed] = React.useState(false);
  const fragment = isClosed ? null : fragmentAt(draft, cursor);
  const offered = fragment ? suggestions(fragment, model.composition.mentionable, name => aboutCommand(trans, name)) : [];
  const at = Math.min(chosen, offered.length - 1);
  const running = model.conversation.running !== null;

  const take = (suggestion: ISuggestion) => {
    const done = completed(draft, fragment!, suggestion);
    model.setDraft(done.text);
    setCursor(done.cursor);
    setChosen(0);
    // The caret can only be placed once the new text is there.
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(done.cursor, done.cursor);
    });
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.nativeEvent.isComposing) {
      return;
    }
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (offered.length > 0 && move) {
      setChosen((at + move + offered.length) % offered.length);
    } else if (offered.length > 0 && (event.key === 'Tab' || event.key === 'Enter') && !event.shiftKey) {
      take(offered[at]);
    } else if (event.key === 'Enter' && !event.shiftKey) {
      void model.send();
    } else if (event.key === 'Escape' && offered.length > 0) {
      setClosed(true);
    } else if (event.key === 'Escape' && running) {
      model.stop();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="jp-devstral-composer">
      {offered.length > 0 && <Suggestions offered={offered} at={at} take={take} label={trans.__('Completions')} />}
      <textarea
        ref={field}
        className="jp-devstral-draft"
        dir="auto"
        rows={3}
        value={draft}
        role="combobox"
        aria-label={trans.__('Message')}
        aria-autocomplete="list"
        aria-expanded={offered.length > 0}
        aria-controls={LIST_ID}
        aria-activedescendant={offered.length > 0 ? `${LIST_ID}-${at}` : undefined}
        placeholder={
          model.agent.mode === 'do'
            ? trans.__('A task to be done in a copy of the kernel: nothing of yours changes until you have seen it')
            : trans.__('Ask about this notebook; / for commands, @ to attach')
        }
        onChange={event => {
          model.setDraft(event.target.value);
          setCursor(event.target.selectionStart);
          setClosed(false);
          setChosen(0);
        }}
        onSelect={event => setCursor(event.currentTarget.selectionStart)}
        onKeyDown={onKeyDown}
      />
      <RouteBar model={model} />
      <ModeChoice agent={model.agent} trans={trans} />
      <Buttons model={model} running={running} />
    </div>
  );
}

/** Stop while an answer arrives; Send, which queues then, where something is typed. */
function Buttons({ model, running }: { readonly model: ChatModel; readonly running: boolean }): JSX.Element {
  const { trans, draft } = model;
  const isEmpty = draft.trim() === '';
  return (
    <>
      {running && (
        <button type="button" className="jp-devstral-button" data-action="stop" onClick={() => model.stop()}>
          {trans.__('Stop')}
        </button>
      )}
      {!(running && isEmpty) && (
        <button
          type="button"
          className="jp-devstral-button jp-mod-primary"
          data-action="send"
          disabled={isEmpty}
          onClick={() => void model.send()}
        >
          {model.agent.mode === 'do' ? trans.__('Do it') : running ? trans.__('Ask next') : trans.__('Send')}
        </button>
      )}
    </>
  );
}

interface ISuggestionsProps {
  readonly offered: readonly ISuggestion[];
  readonly at: number;
  readonly take: (suggestion: ISuggestion) => void;
  readonly label: string;
}

function Suggestions({ offered, at, take, label }: ISuggestionsProps): JSX.Element {
  const chosen = React.useRef<HTMLLIElement>(null);
  React.useEffect(() => {
    // In newer browsers this returns a promise, which is no way to end an effect.
    void chosen.current?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return (
    <ul id={LIST_ID} className="jp-devstral-suggestions" role="listbox" aria-label={label}>
      {offered.map((one, index) => (
        <li
          key={one.label}
          ref={index === at ? chosen : undefined}
          id={`${LIST_ID}-${index}`}
          role="option"
          aria-selected={index === at}
          // Before the field loses its focus.
          onMouseDown={event => {
            event.preventDefault();
            take(one);
          }}
        >
          <span className="jp-devstral-suggestion">{one.label}</span>
          <span className="jp-devstral-quiet">{one.detail}</span>
        </li>
      ))}
    </ul>
  );
}
