/** Where one undo step ends and the next begins: histories merge what happens within half a second. */

export function stopCapturing(scope: object): void {
  (scope as { undoManager?: { stopCapturing?: () => void } | null }).undoManager?.stopCapturing?.();
}
