// Cumulative Layout Shift: the worst burst of unexpected movement (Layout Instability,
// https://web.dev/articles/evolving-cls), and what moved most in it.
//
// A burst is a session window: shifts less than 1 s apart, 5 s at most. Movement within 500 ms of an
// input is expected and marked so by the browser.

import { SHIFT_GAP_MS, SHIFT_WINDOW_MS } from '../limits.ts';
import type { LayoutShift } from '../platform.ts';
import { selectorOf } from '../selector.ts';
import type { Part } from '../wire.ts';
import { cause, hiddenAt, since, vitals } from '../view.ts';

// The window that the last shift was in.
let sum = 0;
let first = 0;
let last = 0;
let largest = 0;
let target: Part['target'];

export const takeShift = (entry: LayoutShift): void => {
  if (entry.hadRecentInput || entry.startTime >= hiddenAt) return;
  if (entry.startTime - last >= SHIFT_GAP_MS || entry.startTime - first >= SHIFT_WINDOW_MS || last < since)
    sum = largest = 0;
  last = entry.startTime;
  if (!sum) first = last;
  sum += entry.value;
  if (entry.value > largest) {
    largest = entry.value;
    // The first source is the largest (Layout Instability, section 2.3).
    target = selectorOf(entry.sources?.[0]?.node as Element);
  }
  if (sum > (vitals.cls ?? 0)) {
    vitals.cls = sum;
    cause.cls = { target };
  }
};
