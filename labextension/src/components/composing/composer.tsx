/** Where a message is typed: completion of "/" and "@", Enter sends, Escape closes or stops. */

import * as React from 'react';
import { closeIcon } from '@jupyterlab/ui-components';
import type { ChatModel } from '../../chat/chat-model';
import { aboutCommand } from '../../chat/composing/command-texts';
import { completed, fragmentAt, ISuggestion, suggestions } from '../../chat/composing/mentions';
import { EarlierQuestions } from '../../chat/composing/earlier-questions';
import { cellSign } from '../../notebook/cell-name';
import { IconButton } from '../icon-button';
import { ModeChoice } from './mode-choice';
import { RouteBar } from './route-bar';
import { h } from '../../view/element';

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
  const earlier = React.useRef(new EarlierQuestions());
  const write = useWriting(model, field, setCursor);

  const take = (suggestion: ISuggestion) => {
    const done = completed(draft, fragment!, suggestion);
    write(done.text, done.cursor);
    setChosen(0);
  };
  /** An earlier question, where an arrow asks for one: at the edge of the field. */
  const recall = (key: string): boolean => {
    const step = key === 'ArrowUp' ? -1 : key === 'ArrowDown' ? 1 : null;
    const { selectionStart, selectionEnd } = field.current!;
    const isAtEdge = !(step === -1 ? draft.slice(0, selectionStart) : draft.slice(selectionEnd)).includes('\n');
    const questions = model.conversation.exchanges.map(one => one.asked.typed);
    const recalled = step && isAtEdge ? earlier.current.step(questions, draft, step) : null;
    if (recalled !== null) {
      write(recalled, recalled.length);
      setClosed(true);
    }
    return recalled !== null;
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
      // Held for a button or a completion that is gone, it is not meant for what is half written here.
      void (event.repeat || model.send());
    } else if (event.key === 'Escape' && offered.length > 0) {
      setClosed(true);
    } else if (event.key === 'Escape' && running) {
      model.stop();
    } else if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey || !recall(event.key)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="jp-devstral-composer">
      {offered.length > 0 && <Suggestions offered={offered} at={at} take={take} label={trans.__('Completions')} />}
      <Subject model={model} />
      <Pictures model={model} />
      <textarea
        ref={field}
        className="jp-devstral-draft"
        dir="auto"
        rows={2}
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
        onPaste={event => {
          const { files, types } = event.clipboardData;
          // What is copied from an office program is text, with a picture of it beside.
          if (files.length > 0 && !types.includes('text/plain')) {
            event.preventDefault();
            void model.attaching.files([...files]);
          }
        }}
      />
      <RouteBar model={model} />
      <ModeChoice agent={model.agent} trans={trans} />
      <Buttons model={model} running={running} />
    </div>
  );
}

/** Writes into the field, and places the caret once the text is there: before the next key, however fast it comes. */
function useWriting(
  model: ChatModel,
  field: React.RefObject<HTMLTextAreaElement>,
  setCursor: (cursor: number) => void
): (text: string, cursor: number) => void {
  const caret = React.useRef<number | null>(null);
  React.useLayoutEffect(() => {
    const element = field.current!;
    if (caret.current !== null && model.draft === element.value) {
      element.focus();
      element.setSelectionRange(caret.current, caret.current);
      caret.current = null;
    }
    if (!GROWS) {
      element.style.height = 'auto';
      element.style.height = `${element.scrollHeight + 2}px`;
    }
  });
  return (text, cursor) => {
    caret.current = cursor;
    model.setDraft(text);
    setCursor(cursor);
  };
}

/** Whether the style alone lets the field grow with its text. */
const GROWS = CSS.supports('field-sizing', 'content');

/** Several selected cells, which the question is about. */
function Subject({ model }: { readonly model: ChatModel }): JSX.Element | null {
  const { notebook, trans } = model;
  const selected = notebook?.selectedCellIds ?? [];
  if (selected.length < 2) {
    return null;
  }
  const signs = selected.map(id => cellSign(notebook, id));
  const shown = signs.length > 6 ? [...signs.slice(0, 5), '…', signs[signs.length - 1]] : signs;
  return (
    <p className="jp-devstral-quiet jp-devstral-subject">
      {trans.__('About the %1 selected cells: %2', selected.length, shown.join(', '))}
    </p>
  );
}

/** What was pasted or dropped. */
function Pictures({ model }: { readonly model: ChatModel }): JSX.Element | null {
  const { composition, trans } = model;
  if (composition.pictures.length === 0) {
    return null;
  }
  return (
    <ul className="jp-devstral-pictures" aria-label={trans.__('Pictures that go along')}>
      {composition.pictures.map((picture, at) => (
        <li key={at}>
          {picture.data ? (
            <img src={`data:${picture.mime};base64,${picture.data}`} alt={picture.name} title={picture.name} />
          ) : (
            <span>{trans.__('%1 could not be kept: add it again.', picture.name)}</span>
          )}
          <IconButton
            icon={closeIcon}
            action="remove-picture"
            label={trans.__('Do not send %1', picture.name)}
            onClick={() => model.setPictures(composition.pictures.filter(one => one !== picture))}
          />
        </li>
      ))}
    </ul>
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
