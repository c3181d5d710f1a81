// Interaction to Next Paint: the slowest answer to a tap, click or key, leaving out one in fifty
// (Event Timing, https://web.dev/articles/inp).
//
// Quirks: one interaction is several events with one `interactionId`, the longest counts; events under
// 104 ms are reported only when asked for (`durationThreshold`), and asking for all is costly, so a page
// with quick answers only is known by its `first-input`, which always comes; Chrome before 2025 doesn't
// count interactions, but numbers them in steps of seven.

import { observe } from '../observe.ts';
import type { View } from '../view.ts';

const THRESHOLD_MS = 40;
const CANDIDATES_MAX = 10;
const INTERACTIONS_PER_OUTLIER = 50;
const ID_STEP = 7;

/** Keeps the slowest interactions of a view. */
export const slowest = () => {
  const worst: { id: number; ms: number }[] = [];
  let lowest = Infinity;
  let highest = 0;
  return {
    add(id: number, ms: number): void {
      if (!id) return; // A hover or scroll.
      lowest = Math.min(lowest, id);
      highest = Math.max(highest, id);
      const known = worst.find((interaction) => interaction.id === id);
      if (known) known.ms = Math.max(known.ms, ms);
      else worst.push({ id, ms });
      worst.sort((a, b) => b.ms - a.ms);
      worst.length = Math.min(worst.length, CANDIDATES_MAX);
    },
    /** The estimate after `count` interactions; without a count it is taken from the ids seen. */
    estimate(count = (highest - lowest) / ID_STEP + 1): number | undefined {
      return worst[Math.min(worst.length - 1, Math.floor(count / INTERACTIONS_PER_OUTLIER))]?.ms;
    },
  };
};

export const inp = (view: View): (() => number | undefined) => {
  const interactions = slowest();
  const counted = (): number | undefined => performance.interactionCount as number | undefined;
  const before = counted() ?? 0;
  if ('PerformanceEventTiming' in window && 'interactionId' in PerformanceEventTiming.prototype) {
    observe<PerformanceEventTiming>(
      view,
      ['event', 'first-input'],
      ({ interactionId, duration }) => {
        interactions.add(interactionId, duration);
      },
      // Not in TypeScript's DOM library: Event Timing, "modifications to the Performance Timeline".
      { durationThreshold: THRESHOLD_MS } as PerformanceObserverInit,
    );
  }
  return () => {
    const count = counted();
    // Interactions before this script count too, unless they belong to the view before a restore.
    return interactions.estimate(count === undefined ? count : count - (view.restored ? before : 0));
  };
};
