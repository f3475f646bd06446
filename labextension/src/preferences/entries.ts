/** The settings that a page has, in the user's words. `schema/plugin.json` names the same keys. */

import type { TranslationBundle } from '@jupyterlab/translation';

/** What stands for "as the server and the kernel are configured". */
export const CONFIGURED = 'configured';

export interface IEntry {
  /** Of JupyterLab's setting. */
  readonly key: string;
  /** Of `DevstralConfig`. */
  readonly name: string;
  readonly title: string;
  /** Values with their labels; none for a text or a number. */
  readonly options: readonly (readonly [string, string])[];
}

export function settingEntries(trans: TranslationBundle): readonly IEntry[] {
  const configured = [CONFIGURED, trans.__('as configured')] as const;
  const onOff = [configured, ['on', trans.__('on')], ['off', trans.__('off')]] as const;
  return [
    {
      key: 'autoExplain',
      name: 'auto_explain',
      title: trans.__('When a cell fails'),
      options: [
        configured,
        ['on', trans.__('explain it')],
        ['button', trans.__('offer to explain it')],
        ['off', trans.__('do nothing')]
      ]
    },
    {
      key: 'context',
      name: 'context',
      title: trans.__('What a question carries'),
      options: [
        configured,
        ['notebook', trans.__('the notebook')],
        ['above', trans.__('the cells above')],
        ['cell', trans.__('the cell alone')],
        ['none', trans.__('nothing')]
      ]
    },
    {
      key: 'values',
      name: 'values',
      title: trans.__('Values of the data'),
      options: [configured, ['samples', trans.__('samples')], ['none', trans.__('schemas only')]]
    },
    {
      key: 'redact',
      name: 'redact',
      title: trans.__('Replace secrets'),
      options: onOff
    },
    {
      key: 'model',
      name: 'model',
      title: trans.__('Model'),
      options: []
    },
    {
      key: 'think',
      name: 'think',
      title: trans.__('Thinking'),
      options: onOff
    },
    {
      key: 'trialSeconds',
      name: 'trial_seconds',
      title: trans.__('Seconds of a trial'),
      options: []
    },
    {
      key: 'completion',
      name: 'completion',
      title: trans.__('Ghost text'),
      options: [
        ['on', trans.__('while typing')],
        ['manual', trans.__('only when asked (Alt+\\)')],
        ['off', trans.__('never')]
      ]
    },
    {
      key: 'completionModel',
      name: 'completion_model',
      title: trans.__('Model of the ghost text'),
      options: []
    }
  ];
}

/** Settings that are true or false to the configuration. */
const SWITCHES: readonly string[] = ['redact', 'think'];
/** Settings of which a page keeps the value to itself. */
const OWN: readonly string[] = ['completion', 'completion_model'];

/** What settings of JupyterLab wish for, by the names of the configuration; null for nothing. */
export function wishesOf(settings: Readonly<Record<string, unknown>>, entries: readonly IEntry[]) {
  const wished = entries.filter(({ name }) => !OWN.includes(name));
  return Object.fromEntries(wished.map(({ key, name }) => [name, wishOf(name, settings[key])]));
}

function wishOf(name: string, value: unknown): string | number | boolean | null {
  if (typeof value === 'string' && value.trim() !== '' && value !== CONFIGURED) {
    return SWITCHES.includes(name) ? value === 'on' : value.trim();
  }
  return typeof value === 'number' ? value : null;
}
