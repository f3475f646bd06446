/** What is pasted into the sidebar or dropped there: pictures go along, cells and files are mentioned. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { IStatus } from '../../protocol/status';
import { withData } from './asking';
import type { Composition } from './composition';
import { IPicture, MOST_PICTURES, readPicture } from './pictures';

/** The sidebar, as far as it matters here. */
export interface IWriting {
  readonly composition: Composition;
  readonly status: IStatus | null;
  readonly trans: TranslationBundle;
  setDraft(text: string): void;
  setPictures(pictures: readonly IPicture[]): void;
  notify(text: string, undo?: null, isOver?: () => boolean): void;
}

export class Attaching {
  constructor(private readonly _writing: IWriting) {}

  /** Files from elsewhere: pictures go along with the next question, others cannot. */
  async files(files: readonly File[]): Promise<void> {
    const { composition, status, trans } = this._writing;
    const other = files.find(file => !file.type.startsWith('image/'));
    if (other) {
      this._writing.notify(trans.__('Put %1 beside the notebook, and attach it with @.', other.name));
      return;
    }
    if (status && !status.hasVision) {
      this._writing.notify(
        trans.__('%1 cannot look at pictures: choose a model that can, or say in words what is there.', status.model),
        null,
        () => this._writing.status?.model !== status.model
      );
      return;
    }
    const read = await Promise.all(files.map(readPicture));
    const wrong = files[read.indexOf(null)];
    const room = Math.max(0, MOST_PICTURES - withData(composition.pictures).length);
    const pictures = read.filter((one): one is IPicture => one !== null);
    this._writing.setPictures([...composition.pictures, ...pictures.slice(0, room)]);
    if (wrong) {
      this._writing.notify(trans.__('%1 is no picture that can be read.', wrong.name));
    } else if (pictures.length > room) {
      this._writing.notify(trans.__('At most %1 pictures go along with a question.', MOST_PICTURES));
    }
  }

  /** Cells of the notebook, by their ids, and files of the file browser, by their paths. */
  mention(cellIds: readonly string[], paths: readonly string[]): void {
    const { composition } = this._writing;
    this._writing.setDraft(composition.mentioning(cellIds, paths));
  }
}
