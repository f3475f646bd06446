/** What the words behind "/" and "@" do, in one line each. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { aboutTasks } from '../../protocol/tasks';

export function aboutCommand(trans: TranslationBundle, name: string): string {
  switch (name) {
    case 'clear':
      return trans.__('forget this conversation');
    case 'help':
      return trans.__('what can be typed');
    case 'selection':
      return trans.__('what is selected in the cell');
    case 'file':
      return trans.__('file');
    default:
      return (aboutTasks(trans) as Readonly<Record<string, string>>)[name] ?? '';
  }
}
