// First Contentful Paint: the first text or image (Paint Timing).
//
// Quirks: a page rendered before the visitor went to it counts from the visit on, so the browser's raw
// figure is far too large; a page in a background tab paints when it is looked at, hours later perhaps.

import { observe, reports } from '../observe.ts';
import type { View } from '../view.ts';
import { paintAfterRestore } from './restore.ts';

export const fcp = (view: View): (() => number | undefined) => {
  if (view.restored) return reports('paint') ? paintAfterRestore(view) : () => undefined;
  let value: number | undefined;
  observe(view, ['paint'], ({ name, startTime }) => {
    // "first-paint" may be a background colour.
    if (name === 'first-contentful-paint' && startTime < view.hiddenAt) {
      value = Math.max(startTime - view.activatedAt, 0);
    }
  });
  return () => value;
};
