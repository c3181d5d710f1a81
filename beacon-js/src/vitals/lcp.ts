// Largest Contentful Paint: the last of the candidates that the browser reports (Largest Contentful Paint API).
//
// The browser itself stops at the first input or scroll, by the specification's "report largest contentful
// paint". It doesn't stop when the page is hidden: a paint after that was not waited for and is dropped.
// `startTime` is the render time, or the load time where a foreign image keeps its render time to itself.

import { observe, reports } from '../observe.ts';
import type { View } from '../view.ts';
import { paintAfterRestore } from './restore.ts';

const TYPE = 'largest-contentful-paint';

export const lcp = (view: View): (() => number | undefined) => {
  if (view.restored) return reports(TYPE) ? paintAfterRestore(view) : () => undefined;
  let value: number | undefined;
  observe(view, [TYPE], ({ startTime }) => {
    if (startTime < view.hiddenAt) value = Math.max(startTime - view.activatedAt, 0);
  });
  return () => value;
};
