// Moments and durations that the page chose to have reported, by the names that it, or its server, gave them (User Timing,
// https://w3c.github.io/user-timing; Element Timing, https://wicg.github.io/element-timing; Server Timing,
// https://w3c.github.io/server-timing).

import { guard } from '../guard.ts';
import { tell } from './tell.ts';

/** Most names, as on the wire. */
const MARKS_MAX = 16;

/** Of the longest characters these are 192 bytes, the most that the collector takes. */
const NAME_LENGTH_MAX = 64;
/** A control character makes the collector refuse the beacon. */
const NAME = /^\P{C}+$/u;

interface Timed extends PerformanceEntry {
  /** Of an element that is timed: its `elementtiming`. */
  identifier?: string;
}

/** The names in `data-marks`, between commas. */
export const namesIn = (text: string): Set<string> =>
  new Set(
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name.length <= NAME_LENGTH_MAX && NAME.test(name))
      .slice(0, MARKS_MAX),
  );

/** Tells of each mark, measure, timed element and duration of the server's whose name was chosen. */
export const watchMarks = (chosen: Set<string>): void => {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  // Nobody waited for what a page did that was rendered ahead of the visit.
  const visitedAt = (navigation as { activationStart?: number } | undefined)?.activationStart ?? 0;
  const between = (name: string, from: number, duration: number): void => {
    if (chosen.has(name)) tell('mark', name, from + duration, from);
  };
  const observer = new PerformanceObserver(
    guard((list: PerformanceObserverEntryList) => {
      for (const { name, identifier, entryType, startTime, duration } of list.getEntries() as Timed[]) {
        if (entryType === 'measure') between(name, startTime, duration);
        else if (chosen.has(identifier ?? name)) tell('mark', identifier ?? name, Math.max(startTime, visitedAt));
      }
    }),
  );
  for (const type of ['mark', 'measure', 'element'])
    if (PerformanceObserver.supportedEntryTypes.includes(type)) observer.observe({ type, buffered: true });
  // One that only describes has 0.
  for (const { name, duration } of navigation?.serverTiming ?? []) if (duration) between(name, 0, duration);
};
