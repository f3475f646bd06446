/** The sidebar as a widget of JupyterLab: knows whether it is on the screen, and where the focus belongs. */

import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import type { ChatModel } from '../chat/chat-model';
import { ChatView } from '../components/chat-view';
import type { IChatServices } from '../components/chat-services';
import { devstralIcon } from '../icon';
import { takeDrops } from './drop-target';
import { keepFocus } from '../view/keep-focus';
import { h } from '../view/element';

export const PANEL_ID = 'jp-devstral-chat';

export class ChatPanel extends ReactWidget {
  constructor(
    readonly model: ChatModel,
    private readonly _services: IChatServices
  ) {
    super();
    this.id = PANEL_ID;
    this.addClass('jp-devstral-chat');
    this.title.icon = devstralIcon;
    this.title.caption = model.trans.__('Devstral: ask about the notebook');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', this.title.caption);
    this._release = keepFocus(this.node, () => this._field);
    const { attaching } = model;
    this._refuse = takeDrops(this.node, {
      files: files => void attaching.files(files),
      mention: (cellIds, paths) => {
        // In front of a path may stand the drive that a file is opened with.
        attaching.mention(cellIds, paths.map(path => model.contents.localPath(path)));
        this.focusDraft();
      }
    });
  }

  dispose(): void {
    this._release();
    this._refuse();
    super.dispose();
  }

  focusDraft(): void {
    requestAnimationFrame(() => this._field?.focus());
  }

  protected render(): JSX.Element {
    return (
      <UseSignal signal={this.model.stateChanged}>
        {() => <ChatView model={this.model} services={this._services} />}
      </UseSignal>
    );
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.model.isVisible = true;
  }

  protected onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.model.isVisible = false;
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.focusDraft();
  }

  /** Where a message is typed. */
  private get _field(): HTMLElement | null {
    return this.node.querySelector('textarea');
  }

  private readonly _release: () => void;
  private readonly _refuse: () => void;
}
