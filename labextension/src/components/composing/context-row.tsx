/** What will go along, each piece removable, and how much of the window it takes. */

import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ChatModel } from '../../chat/chat-model';
import type { ActiveNotebook } from '../../notebook/active-notebook';
import { cellSign } from '../../notebook/cell-name';
import type { IPiece, ISent, PieceKind } from '../../protocol/sent';
import { RulesChips } from '../../rules/rules-chips';
import { CellLink } from '../cell-link';
import { said } from '../../view/said';
import { Sentence } from '../sentence';
import { h } from '../../view/element';

interface IProps {
  readonly model: ChatModel;
  readonly showPrompt: () => void;
}

/** These cannot be taken out one by one. */
const FIXED: readonly PieceKind[] = ['turn', 'target', 'image', 'outdated', 'rules'];

export function ContextRow({ model, showPrompt }: IProps): JSX.Element | null {
  const { preview, trans, composition } = model;
  const [isOpen, setOpen] = React.useState(false);
  if (!preview) {
    return null;
  }
  return (
    <section className="jp-devstral-context" aria-label={trans.__('What is sent')}>
      <details open={isOpen} onToggle={event => setOpen(event.currentTarget.open)}>
        <summary>
          {sentSummary(preview, trans)} <Gauge sent={preview} trans={trans} />
        </summary>
        {isOpen && <Pieces preview={preview} model={model} showPrompt={showPrompt} />}
      </details>
      <RulesChips model={model} />
      {composition.imageCount > 0 && (
        <label className="jp-devstral-images">
          <input
            type="checkbox"
            checked={composition.withImages}
            onChange={event => composition.setImages(event.target.checked)}
          />
          {trans._n('Send the picture of the selected cell', 'Send the %1 pictures of the selected cell', composition.imageCount)}
        </label>
      )}
      {preview.isRemote && !model.route.current?.place && (
        <p className="jp-devstral-notice-error">{trans.__('This leaves your machine: the model runs elsewhere.')}</p>
      )}
      {preview.notes.map(note => (
        <p key={note} className="jp-devstral-quiet">
          <Sentence text={note} />
        </p>
      ))}
    </section>
  );
}

/** There may be hundreds: they are drawn only while they are in sight. */
function Pieces({ preview, model, showPrompt }: IProps & { readonly preview: ISent }): JSX.Element {
  const { trans, composition, notebook } = model;
  return (
    <>
      <ul className="jp-devstral-chips">
        {preview.pieces.map(piece => (
          <Chip key={piece.key} piece={piece} model={model} notebook={notebook} />
        ))}
        {[...composition.excluded].map(([key, name]) => (
          <li key={key} className="jp-devstral-chip jp-mod-out">
            <span>{trans.__('not sent: %1', name)}</span>
            <button type="button" aria-label={trans.__('Send %1 again', name)} onClick={() => composition.include(key)}>
              +
            </button>
          </li>
        ))}
      </ul>
      {preview.dropped.length > 0 && (
        <p className="jp-devstral-quiet">
          {trans.__('Left out, because the window is full: %1', names(preview.dropped, trans, notebook))}
        </p>
      )}
      <button type="button" className="jp-devstral-small-button" data-action="show-prompt" onClick={showPrompt}>
        {trans.__('Show exact prompt')}
      </button>
    </>
  );
}

interface IChipProps {
  readonly piece: IPiece;
  readonly model: ChatModel;
  readonly notebook: ActiveNotebook | null;
}

function Chip({ piece, model, notebook }: IChipProps): JSX.Element {
  const { trans } = model;
  const name = pieceName(piece, trans, notebook);
  const cellId = cellOf(piece);
  return (
    <li className="jp-devstral-chip" data-kind={piece.kind} title={trans.__('about %1 tokens', piece.tokens)}>
      {cellId ? <CellLink cellId={cellId} label={name} model={model} /> : <span>{name}</span>}
      {!FIXED.includes(piece.kind) && (
        <button type="button" aria-label={trans.__('Do not send %1', name)} onClick={() => model.composition.exclude(piece.key, name)}>
          ×
        </button>
      )}
    </li>
  );
}

function Gauge({ sent, trans }: { readonly sent: ISent; readonly trans: TranslationBundle }): JSX.Element {
  const label = trans.__('about %1 of %2 tokens', thousands(sent.tokens), thousands(sent.window));
  return (
    <span className="jp-devstral-gauge">
      <meter
        min={0}
        max={sent.window || 1}
        value={Math.min(sent.tokens, sent.window)}
        high={sent.window - sent.replyReserve}
        aria-label={label}
      />
      <span>{label}</span>
    </span>
  );
}

/** "14 cells, 2 variables". */
export function sentSummary(sent: ISent, trans: TranslationBundle): string {
  const count = (...kinds: PieceKind[]) => sent.pieces.filter(piece => kinds.includes(piece.kind)).length;
  const cells = count('cell', 'below', 'definition', 'target');
  const variables = count('variable');
  const others = sent.pieces.length - cells - variables;
  return [
    trans._n('%1 cell', '%1 cells', cells),
    variables > 0 ? trans._n('%1 variable', '%1 variables', variables) : '',
    variables > 0 && sent.values ? trans.__('with values of the data') : '',
    others > 0 ? trans._n('%1 more', '%1 more', others) : ''
  ]
    .filter(part => part !== '')
    .join(', ');
}

/** The id of the cell that a piece is a part of, "" for anything else. */
function cellOf(piece: IPiece): string {
  return piece.index >= 0 ? piece.key.slice(piece.key.indexOf(':') + 1) : '';
}

function pieceName(piece: IPiece, trans: TranslationBundle, notebook: ActiveNotebook | null): string {
  const cell = cellSign(notebook, cellOf(piece)) || `#${piece.index + 1}`;
  switch (piece.kind) {
    case 'cell':
    case 'below':
      return trans.__('cell %1', cell);
    case 'target':
      return trans.__('cell %1 (selected)', cell);
    case 'definition':
      return trans.__('part of cell %1', cell);
    case 'error':
      return trans.__('error of cell %1', cell);
    case 'turn':
      return trans.__('earlier answers');
    case 'outdated':
      return trans.__('earlier versions of changed cells');
    case 'selection':
      return trans.__('selection');
    case 'rules':
      return trans.__('rules: %1', piece.label);
    default:
      return said(piece.label);
  }
}

function names(pieces: readonly IPiece[], trans: TranslationBundle, notebook: ActiveNotebook | null): string {
  return [...new Set(pieces.slice(0, 40).map(piece => pieceName(piece, trans, notebook)))].slice(0, 12).join(', ');
}

export function thousands(tokens: number): string {
  return tokens >= 1000 ? `${(tokens / 1000).toFixed(1)}k` : String(tokens);
}
