// Observing performance entries of one view.

import { guard } from './guard.ts';
import type { View } from './view.ts';

/** Whether the browser reports entries of this type. */
export const reports = (type: string): boolean =>
  // Missing altogether in browsers before 2019.
  ((globalThis.PerformanceObserver as typeof PerformanceObserver | undefined)?.supportedEntryTypes ?? []).includes(
    type,
  );

/**
 * Hands each entry of `types` to `take`, those from before this script too; after a restore only new ones.
 * Answers whether the browser reports the first of `types`, so that "none seen" differs from "can't see".
 */
export const observe = <T extends PerformanceEntry>(
  view: View,
  types: string[],
  take: (entry: T) => void,
  options?: PerformanceObserverInit,
): boolean => {
  if (!reports(types[0] ?? '')) return false;
  // Interactions and shifts of the view before a restore may be delivered after it.
  const takeAll = (entries: PerformanceEntryList): void => {
    for (const entry of entries) if (entry.startTime >= view.from) take(entry as T);
  };
  const observer = new PerformanceObserver(
    guard((list: PerformanceObserverEntryList) => {
      takeAll(list.getEntries());
      view.changed();
    }),
  );
  // One by one: `entryTypes` would forbid `buffered`.
  for (const type of types) if (reports(type)) observer.observe({ type, buffered: !view.restored, ...options });
  view.flushes.push(() => {
    takeAll(observer.takeRecords());
  });
  view.stops.push(() => {
    observer.disconnect();
  });
  return true;
};
