// Interaction to Next Paint: the slowest answer to a tap, click or key, leaving out one in fifty
// (Event Timing, https://web.dev/articles/inp), with what was touched and when its handlers began and ended.
//
// Quirks: one interaction is several events with one `interactionId`, the longest counts; of pointerdown, pointerup and
// click some have no target. Events under 104 ms are reported only when asked for (`durationThreshold`), and asking for all is
// costly, so a page with quick answers only is known by its `first-input`, which always comes; a later view is known to have
// had some by their count. A browser that doesn't count interactions (Chromium before 2025) gives the slowest of all.

import { INTERACTIONS_MAX, INTERACTIONS_PER_OUTLIER, QUICK_INTERACTION_MS } from '../limits.ts';
import { selectorOf } from '../selector.ts';
import type { Part } from '../wire.ts';
import { cause, interactionsBefore, since, vitals } from '../view.ts';

/** The longest event of each interaction, the longest first. */
let worst: PerformanceEventTiming[] = [];
const targets: Record<number, Part['target']> = {};

export const takeEvent = (event: PerformanceEventTiming): void => {
  if (!event.interactionId) return; // A hover or scroll.
  targets[event.interactionId] ||= selectorOf(event.target as Element);
  worst = [...worst, event]
    // Of events that ended in one frame, the last one's handlers.
    .sort((a, b) => b.duration - a.duration || b.processingEnd - a.processingEnd)
    .filter(
      (one, _, all) => one.startTime >= since && all.find((other) => other.interactionId === one.interactionId) === one,
    )
    .slice(0, INTERACTIONS_MAX);
};

/** Brings the findings up to date. */
export const readInteractions = (): void => {
  const count = performance.interactionCount - interactionsBefore;
  // Where the browser doesn't count, the slowest.
  const slowest = worst[(count / INTERACTIONS_PER_OUTLIER) | 0] ?? worst[worst.length - 1];
  if (slowest && slowest.startTime >= since) {
    vitals.inp = slowest.duration;
    cause.inp = {
      target: targets[slowest.interactionId],
      until: [slowest.processingStart - slowest.startTime, slowest.processingEnd - slowest.startTime],
    };
  } else if (since && count > 0) vitals.inp = QUICK_INTERACTION_MS;
};
