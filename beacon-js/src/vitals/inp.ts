// Interaction to Next Paint: the slowest answer to a tap, click or key, leaving out one in fifty
// (Event Timing, https://web.dev/articles/inp).
//
// Quirks: one interaction is several events with one `interactionId`, the longest counts; events under
// 104 ms are reported only when asked for (`durationThreshold`), and asking for all is costly, so a page
// with quick answers only is known by its `first-input`, which always comes. A browser that doesn't count
// interactions (Chromium before 2025) gives the slowest of all.

import { EVENT_MS_MIN, INTERACTIONS_MAX, INTERACTIONS_PER_OUTLIER } from '../limits.ts';
import { observe } from '../observe.ts';
import type { View } from '../view.ts';

/** Keeps the slowest interactions of a view. */
export const slowest = () => {
  const worst: { id: number; ms: number }[] = [];
  return {
    add: (id: number, ms: number): void => {
      if (!id) return; // A hover or scroll.
      const known = worst.find((interaction) => interaction.id === id);
      if (known) known.ms = Math.max(known.ms, ms);
      else worst.push({ id, ms });
      worst.sort((a, b) => b.ms - a.ms);
      worst.splice(INTERACTIONS_MAX);
    },
    /** The estimate after `count` interactions. */
    estimate: (count: number): number | undefined =>
      worst[Math.min(worst.length - 1, Math.floor(count / INTERACTIONS_PER_OUTLIER))]?.ms,
  };
};

// `durationThreshold` is Event Timing's own; TypeScript's DOM library doesn't have it yet.
const OPTIONS: PerformanceObserverInit & { durationThreshold: number } = { durationThreshold: EVENT_MS_MIN };

/** How many there were; where the browser doesn't count, none. */
const counted = (): number => performance.interactionCount || 0;

export const inp = (view: View): (() => number | undefined) => {
  const { add, estimate } = slowest();
  // Interactions before this script count too, unless they belong to the view before a restore.
  const before = view.restoredAt ? counted() : 0;
  const take = (entry: PerformanceEntry): void => {
    add((entry as PerformanceEventTiming).interactionId, entry.duration);
  };
  observe(view, 'event', take, OPTIONS);
  observe(view, 'first-input', take);
  return () => estimate(counted() - before);
};
