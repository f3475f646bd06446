/** The page of JupyterLab's settings editor: its entries, and their way to the server. */

import * as React from 'react';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IFormRendererRegistry } from '@jupyterlab/ui-components';
import { Client } from '../chat/client';
import { PLUGIN_ID } from '../tokens';
import { settingEntries } from './entries';
import { Preferences } from './preferences';
import { SettingField } from './setting-field';
import { h } from '../view/element';

export interface IPreferenceNeeds {
  readonly registry: ISettingRegistry | null;
  readonly forms: IFormRendererRegistry | null;
  readonly trans: TranslationBundle;
}

export function addPreferences(app: JupyterFrontEnd, { registry, forms, trans }: IPreferenceNeeds): Preferences {
  const client = new Client(app.serviceManager.serverSettings, trans);
  const preferences = new Preferences(client, settingEntries(trans));
  let names: readonly string[] = [];
  const look = async () => {
    await preferences.look();
    names = (await client.status().catch(() => null))?.models.map(one => one.name) ?? [];
  };
  const [first] = preferences.entries;
  for (const entry of preferences.entries) {
    forms?.addRenderer(`${PLUGIN_ID}.${entry.key}`, {
      fieldRenderer: field => (
        <>
          {entry === first && <Look look={look} />}
          <SettingField field={field} entry={entry} preferences={preferences} names={() => names} trans={trans} />
        </>
      )
    });
  }
  void registry
    ?.load(PLUGIN_ID)
    .then(settings => preferences.follow(settings))
    // Without settings, as in a page that has none of ours, everything is as it is configured.
    .catch(() => undefined);
  return preferences;
}

/** Whoever opens the page sees what is in force now. */
function Look({ look }: { readonly look: () => Promise<void> }): null {
  React.useEffect(() => void look(), []);
  return null;
}
