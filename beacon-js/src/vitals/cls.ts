// Cumulative Layout Shift: the worst burst of unexpected movement (Layout Instability,
// https://web.dev/articles/evolving-cls).
//
// A burst is a session window: shifts less than 1 s apart, 5 s at most. Movement within 500 ms of an
// input is expected and marked so by the browser.

import { observe } from '../observe.ts';
import type { LayoutShift } from '../platform.ts';
import type { View } from '../view.ts';

const GAP_MS = 1000;
const WINDOW_MS = 5000;

/** Sums shifts, in the order of their time, into session windows and keeps the worst sum. */
export const shiftWindows = () => {
  let worst = 0;
  let sum = 0;
  let first = 0;
  let last = 0;
  return {
    add({ startTime, value, hadRecentInput }: Pick<LayoutShift, 'startTime' | 'value' | 'hadRecentInput'>): void {
      if (hadRecentInput) return;
      if (!sum || startTime - last >= GAP_MS || startTime - first >= WINDOW_MS) {
        sum = 0;
        first = startTime;
      }
      last = startTime;
      sum += value;
      worst = Math.max(worst, sum);
    },
    worst: (): number => worst,
  };
};

export const cls = (view: View): (() => number | undefined) => {
  const windows = shiftWindows();
  const seen = observe<LayoutShift>(view, ['layout-shift'], windows.add);
  return () => (seen ? windows.worst() : undefined);
};
