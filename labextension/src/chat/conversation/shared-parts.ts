/**
 * What prompts have in common, kept once: each repeats the turns before it, and kept as they come a hundred prompts take the
 * room of five thousand turns.
 */

import type { IMessage, IPiece, ISent } from '../../protocol/sent';

/** The same, made of the objects of what was sent before wherever they say the same. */
export function sharing(sent: ISent, before: ISent): ISent {
  return {
    ...sent,
    messages: shared(sent.messages, before.messages, ({ role, content }: IMessage) => `${role} ${content}`),
    pieces: shared(sent.pieces, before.pieces, (piece: IPiece) => JSON.stringify(piece))
  };
}

function shared<T>(parts: readonly T[], before: readonly T[], wordsOf: (part: T) => string): readonly T[] {
  const known = new Map(before.map(part => [wordsOf(part), part]));
  return parts.map(part => known.get(wordsOf(part)) ?? part);
}
