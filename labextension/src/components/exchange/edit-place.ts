/** Where the card of a change stands, so that it can be gone to. */

/** What the card is called in the page. */
export function editCard(exchangeId: string, at: number): string {
  return `${exchangeId}:${at}`;
}

/** Bring it into sight. */
export function showEdit(card: string): void {
  const found = document.querySelector<HTMLElement>(`.jp-devstral-log [data-card="${CSS.escape(card)}"]`);
  found?.scrollIntoView({ block: 'nearest' });
  found?.querySelector<HTMLElement>('button, [tabindex]')?.focus();
}
