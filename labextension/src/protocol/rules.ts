/** Files of rules of a project, as the server tells of them. */

import { list, record, text } from './json-values';

export interface IRulesFile {
  /** As the user knows it: ".devstral.md", "folder/.devstral.md". */
  readonly name: string;
  /** Of its content: what is switched on is these very words. */
  readonly digest: string;
  readonly isOn: boolean;
  /** A prompt carries only its beginning. */
  readonly isCut: boolean;
  /** Why it cannot be used, "" where it can. */
  readonly problem: string;
  /** Its words, where they were asked for. */
  readonly text: string;
}

export function readRules(data: unknown): IRulesFile[] {
  return list(data)
    .map(record)
    .filter(one => text(one.name) !== '')
    .map(one => ({
      name: text(one.name),
      digest: text(one.digest),
      isOn: one.is_on === true,
      isCut: one.is_cut === true,
      problem: text(one.problem),
      text: text(one.text)
    }));
}
