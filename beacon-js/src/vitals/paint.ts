// What the two paint metrics share.
//
// Quirks: a page rendered before the visitor went to it counts from the visit on, so the browser's raw
// figure is far too large; a page in a background tab paints when it is looked at, hours later perhaps.
// After a return from the back/forward cache no browser reports a paint. There it is taken as web-vitals
// takes it: the second animation frame begins after the first one was painted, with all that there is.

import { guard } from '../guard.ts';
import { observe, reports } from '../observe.ts';
import { sinceVisit, type View } from '../view.ts';

const nextFrame = (then: () => void): void => {
  requestAnimationFrame(guard(then));
};

/** Reads the last paint of this type and name (of any, without one) that the visitor waited for. */
export const paint = (view: View, type: string, paintName?: string): (() => number | undefined) => {
  let value: number | undefined;
  if (view.restoredAt && reports(type)) {
    nextFrame(() => {
      nextFrame(() => {
        // Frames stand still while a page is hidden: then this one comes much too late.
        if (!view.over) value = performance.now() - view.restoredAt;
      });
    });
  } else {
    observe(view, type, (entry) => {
      if ((!paintName || entry.name === paintName) && entry.startTime < view.hiddenAt) {
        value = sinceVisit(view, entry.startTime);
      }
    });
  }
  return () => value;
};
