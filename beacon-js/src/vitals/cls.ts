// Cumulative Layout Shift: the worst burst of unexpected movement (Layout Instability,
// https://web.dev/articles/evolving-cls).
//
// A burst is a session window: shifts less than 1 s apart, 5 s at most. Movement within 500 ms of an
// input is expected and marked so by the browser.

import { SHIFT_GAP_MS, SHIFT_WINDOW_MS } from '../limits.ts';
import { observe, reports } from '../observe.ts';
import type { LayoutShift } from '../platform.ts';
import type { View } from '../view.ts';

/** Sums shifts, in the order of their time, into session windows, and answers the worst sum so far. */
export const shiftWindows = () => {
  let worst = 0;
  let sum = 0;
  let first = 0;
  let last = 0;
  return ({
    startTime,
    value,
    hadRecentInput,
  }: Pick<LayoutShift, 'startTime' | 'value' | 'hadRecentInput'>): number => {
    if (!hadRecentInput) {
      if (startTime - last >= SHIFT_GAP_MS || startTime - first >= SHIFT_WINDOW_MS) sum = 0;
      if (!sum) first = startTime;
      last = startTime;
      sum += value;
    }
    return (worst = Math.max(worst, sum));
  };
};

export const cls = (view: View): (() => number | undefined) => {
  // Nothing seen is 0, unless nothing can be seen: only Chromium reports shifts.
  let value = reports('layout-shift') ? 0 : undefined;
  const add = shiftWindows();
  observe(view, 'layout-shift', (shift) => {
    value = add(shift as LayoutShift);
  });
  return () => value;
};
