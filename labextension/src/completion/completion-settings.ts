/** Whether, and with which model, suggestions come: the user's settings of JupyterLab. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ISignal, Signal } from '@lumino/signaling';

export const MODES = ['on', 'manual', 'off'] as const;
export type Mode = (typeof MODES)[number];

export class CompletionSettings {
  /** Without settings suggestions come, from the model that the server's settings name. */
  mode: Mode = 'on';
  /** "" for the model that the server's settings name. */
  model = '';

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Follow these settings from now on. */
  follow(settings: ISettingRegistry.ISettings): void {
    this._settings = settings;
    settings.changed.connect(() => this._read());
    this._read();
  }

  async set(mode: Mode): Promise<void> {
    this.mode = mode;
    this._changed.emit();
    await this._settings?.set('completion', mode);
  }

  async choose(model: string): Promise<void> {
    this.model = model;
    this._changed.emit();
    await this._settings?.set('completionModel', model);
  }

  private _read(): void {
    const composite = this._settings?.composite ?? {};
    const mode = MODES.find(one => one === composite.completion) ?? 'on';
    const model = typeof composite.completionModel === 'string' ? composite.completionModel.trim() : '';
    if (mode !== this.mode || model !== this.model) {
      this.mode = mode;
      this.model = model;
      this._changed.emit();
    }
  }

  private _settings: ISettingRegistry.ISettings | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
