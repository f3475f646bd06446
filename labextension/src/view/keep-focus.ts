/** The focus stays where the user works: what had it may go, and it must not fall to the page's body. */

/**
 * Watch everything below `node`; where the focused element goes, or can have the focus no more, `fallback` gets it.
 * Returns what ends the watch.
 */
export function keepFocus(node: HTMLElement, fallback: () => HTMLElement | null): () => void {
  let focused: Element | null = null;
  const onFocus = (event: FocusEvent) => (focused = event.target as Element);
  const onLeave = (event: FocusEvent) => {
    // Somebody else has it now; nobody has it when its element went.
    if (event.relatedTarget instanceof Element && !node.contains(event.relatedTarget)) {
      focused = null;
    }
  };
  const look = () => {
    const isLost = focused && (!node.contains(focused) || focused.matches(':disabled') || !focused.checkVisibility?.());
    if (isLost && (document.activeElement === document.body || document.activeElement === focused)) {
      focused = null;
      fallback()?.focus();
    }
  };
  const watch = new MutationObserver(look);
  watch.observe(node, { childList: true, subtree: true, attributes: true, attributeFilter: ['disabled', 'hidden'] });
  node.addEventListener('focusin', onFocus);
  node.addEventListener('focusout', onLeave);
  return () => {
    watch.disconnect();
    node.removeEventListener('focusin', onFocus);
    node.removeEventListener('focusout', onLeave);
  };
}
