/** What there is, and by which keys: read from JupyterLab's own registry, so that changed keys are shown as they are. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { TypedHelp } from '../components/composing/typed-help';
import { h } from '../view/element';

const OURS = 'jupyter-devstral:';
/** Of JupyterLab, for what we suggest. */
const THEIRS = ['inline-completer:accept', 'inline-completer:invoke'];

export async function showHelp(commands: CommandRegistry, trans: TranslationBundle): Promise<void> {
  const body = (
    <div className="jp-devstral-prompt jp-devstral-help" tabIndex={0}>
      <h3>{trans.__('Commands and keys')}</h3>
      <table>
        <tbody>
          {rowsOf(commands).map(({ id, label, keys }) => (
            <tr key={id} data-command={id}>
              <td>{label}</td>
              <td>
                {keys.map(key => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>{trans.__('Other keys: Settings, Settings Editor, Keyboard Shortcuts; search for “devstral”.')}</p>
      <h3>{trans.__('In the message field')}</h3>
      <TypedHelp trans={trans} />
      <h3>{trans.__('In a cell')}</h3>
      <p>
        <code>%load_ext jupyter_devstral</code>, <code>%devstral help</code>
      </p>
    </div>
  );
  await showDialog({ title: 'Devstral', body, buttons: [Dialog.okButton({ label: trans.__('Close') })] });
}

interface IRow {
  readonly id: string;
  readonly label: string;
  readonly keys: readonly string[];
}

/** Those with keys first. */
function rowsOf(commands: CommandRegistry): IRow[] {
  const ids = [...commands.listCommands().filter(id => id.startsWith(OURS)), ...THEIRS.filter(id => commands.hasCommand(id))];
  const rows = ids.map(id => ({ id, label: commands.label(id), keys: keysOf(commands, id) }));
  return [...rows.filter(row => row.keys.length > 0), ...rows.filter(row => row.keys.length === 0)];
}

export function keysOf(commands: CommandRegistry, id: string): string[] {
  const found = commands.keyBindings.filter(binding => binding.command === id);
  return [...new Set(found.map(binding => binding.keys.map(one => CommandRegistry.formatKeystroke(one)).join(', ')))];
}
