/** A box above each change of a diff, which says whether the change is taken. */

import type { Extension } from '@codemirror/state';
import { RangeSetBuilder } from '@codemirror/state';
import { Decoration, EditorView, WidgetType } from '@codemirror/view';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import type { HunkChoice } from '../notebook/hunk-choice';

/** For the editor with the new text. */
export function hunkBoxes(choice: HunkChoice, trans: TranslationBundle): Extension {
  if (!choice.isOffered) {
    return [];
  }
  return EditorView.decorations.compute(['doc'], state => {
    const builder = new RangeSetBuilder<Decoration>();
    choice.hunks.forEach(({ fromB }, at) => {
      const place = Math.min(fromB, state.doc.length);
      const widget = new HunkBox(choice, at, trans);
      // Before the lines that go, which the diff draws at the same place.
      builder.add(place, place, Decoration.widget({ widget, block: true, side: -2 }));
    });
    return builder.finish();
  });
}

class HunkBox extends WidgetType {
  constructor(
    private readonly _choice: HunkChoice,
    private readonly _at: number,
    private readonly _trans: TranslationBundle
  ) {
    super();
  }

  eq(other: HunkBox): boolean {
    return other._choice === this._choice && other._at === this._at;
  }

  toDOM(): HTMLElement {
    const label = document.createElement('label');
    label.className = 'jp-devstral-hunk';
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.dataset.action = 'hunk';
    const words = document.createElement('span');
    const show = () => {
      const isTaken = this._choice.has(this._at);
      box.checked = isTaken;
      words.textContent = isTaken
        ? this._trans.__('Change %1 of %2', this._at + 1, this._choice.hunks.length)
        : this._trans.__('Change %1 of %2: left out', this._at + 1, this._choice.hunks.length);
    };
    box.addEventListener('change', () => this._choice.set(this._at, box.checked));
    this._choice.changed.connect(show, label);
    show();
    label.append(box, ' ', words);
    return label;
  }

  destroy(label: HTMLElement): void {
    // The connection hangs on the element.
    Signal.clearData(label);
  }

  ignoreEvent(): boolean {
    return true;
  }
}
