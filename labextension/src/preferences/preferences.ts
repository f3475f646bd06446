/** What the user's settings of JupyterLab wish for, told to the server; and what is in force there. Draws nothing. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { JSONExt, JSONObject } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../chat/client';
import type { ISettingFact } from '../protocol/settings';
import { IEntry, wishesOf } from './entries';
import { reasonOf } from '../protocol/reason';

export class Preferences {
  constructor(
    private readonly _client: Pick<Client, 'settings' | 'wish'>,
    readonly entries: readonly IEntry[]
  ) {}

  /** By the names of the configuration. */
  facts: ReadonlyMap<string, ISettingFact> = new Map();
  problems: readonly string[] = [];

  /** Null until the settings are read. */
  get wishes(): JSONObject | null {
    return this._wishes;
  }

  /** The wishes are others, and the server knows. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The facts are others. */
  get learned(): ISignal<this, void> {
    return this._learned;
  }

  async follow(settings: ISettingRegistry.ISettings): Promise<void> {
    settings.changed.connect(() => void this._take(settings));
    await this._take(settings);
  }

  /** Ask what is in force now. */
  async look(): Promise<void> {
    await this._learn(() => this._client.settings());
  }

  private async _take(settings: ISettingRegistry.ISettings): Promise<void> {
    const wishes = wishesOf(settings.composite, this.entries) as JSONObject;
    if (this._wishes && JSONExt.deepEqual(wishes, this._wishes)) {
      return;
    }
    this._wishes = wishes;
    await this._learn(() => this._client.wish(wishes));
    this._changed.emit();
  }

  /** Ask when all that was asked or told before is through: the server keeps the last wish that it hears. */
  private _learn(ask: () => ReturnType<Client['settings']>): Promise<void> {
    return (this._learning = this._learning.then(async () => {
      try {
        const { facts, problems } = await ask();
        this.facts = facts;
        this.problems = problems;
      } catch (error) {
        // The sidebar says what is wrong with the server; what is refused belongs here.
        this.problems = [reasonOf(error)];
      }
      this._learned.emit();
    }));
  }

  private _wishes: JSONObject | null = null;
  private _learning: Promise<void> = Promise.resolve();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _learned = new Signal<this, void>(this);
}
