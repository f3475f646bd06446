/** Text into the clipboard, also where the page is not allowed the newer way: plain http on another machine. */

import type { TranslationBundle } from '@jupyterlab/translation';

/** Copies; returns what to say. */
export async function copyText(text: string, trans: TranslationBundle): Promise<string> {
  try {
    // Not there on pages that came over plain http.
    await navigator.clipboard.writeText(text);
    return trans.__('Copied.');
  } catch {
    return copySelected(text)
      ? trans.__('Copied.')
      : trans.__('This page may not copy: select the text, and press Ctrl+C or ⌘C.');
  }
}

function copySelected(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  } finally {
    field.remove();
    if (focused instanceof HTMLElement) {
      focused.focus();
    }
  }
}
