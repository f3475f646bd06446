/** A Lumino widget inside React: attached to an element while that is on the screen. */

import * as React from 'react';
import { Widget } from '@lumino/widgets';

/**
 * The element to put on the screen. `make` is called anew when `deps` change; `use` with each widget, and what it returns
 * before that widget goes.
 */
export function useWidget<T extends Widget>(
  make: () => T,
  deps: React.DependencyList,
  use: (widget: T) => (() => void) | void = () => undefined
): React.RefObject<HTMLDivElement> {
  const host = React.useRef<HTMLDivElement>(null);
  // A layout effect is undone while the element is still there; Lumino detaches nothing that is gone.
  React.useLayoutEffect(() => {
    const widget = make();
    Widget.attach(widget, host.current!);
    const leave = use(widget);
    return () => {
      leave?.();
      if (widget.isAttached) {
        Widget.detach(widget);
      }
      widget.dispose();
    };
  }, deps);
  return host;
}
