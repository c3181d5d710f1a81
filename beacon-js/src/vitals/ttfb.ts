// Time to First Byte: from the navigation's start to the first byte of the answer (Navigation Timing Level 2).
//
// Quirk: a page rendered before the visitor went to it had its answer already: 0.

import { sinceVisit, type View } from '../view.ts';

export const ttfb = (entry: PerformanceNavigationTiming, view: Pick<View, 'activatedAt'>): number =>
  sinceVisit(view, entry.responseStart);
