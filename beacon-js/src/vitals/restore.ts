// The first paint after a return from the back/forward cache.
//
// No browser reports it, so it is taken as web-vitals takes it: the second animation frame begins after
// the first one was painted. It stands for FCP and LCP, because everything is painted at once.

import { guard } from '../guard.ts';
import type { View } from '../view.ts';

/** Milliseconds from the restore to the paint, once there was one while the page was seen. */
export const paintAfterRestore = (view: View): (() => number | undefined) => {
  let value: number | undefined;
  const frame = (next: () => void): void => {
    requestAnimationFrame(guard(next));
  };
  frame(() => {
    frame(() => {
      // Frames stand still while a page is hidden: then this one comes much too late.
      if (!view.sent) value = performance.now() - view.from;
      view.changed();
    });
  });
  return () => value;
};
