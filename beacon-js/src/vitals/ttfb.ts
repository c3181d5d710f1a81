// Time to First Byte: from the navigation's start to the first byte of the answer (Navigation Timing Level 2).
//
// A page rendered before the visitor went to it had its answer already: 0. A page from the back/forward
// cache asked for nothing, so it has none.

import { navigationTiming } from '../navigation.ts';
import type { View } from '../view.ts';

export const ttfb = (view: View) => (): number | undefined => {
  const entry = view.restored ? undefined : navigationTiming();
  return entry && Math.max(entry.responseStart - view.activatedAt, 0);
};
