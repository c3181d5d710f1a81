// Observing performance entries of one view.

import { guard } from './guard.ts';
import type { View } from './view.ts';

// The interface or its list is missing in browsers before 2019.
const types =
  (window.PerformanceObserver as Partial<typeof PerformanceObserver> | undefined)?.supportedEntryTypes ?? [];

/** Whether the browser reports entries of this type. */
export const reports = (type: string): boolean => types.includes(type);

/**
 * Hands each entry of `type` to `take`, those from before this script too; after a restore only new ones.
 * Does nothing if the browser doesn't report them.
 */
export const observe = (
  view: View,
  type: string,
  take: (entry: PerformanceEntry) => void,
  options?: PerformanceObserverInit,
): void => {
  if (!reports(type)) return;
  // What happened in the view before a restore may be delivered after it.
  const takeAll = (entries: PerformanceEntryList): void => {
    for (const entry of entries) if (entry.startTime >= view.restoredAt) take(entry);
  };
  const observer = new PerformanceObserver(
    guard((list: PerformanceObserverEntryList) => {
      takeAll(list.getEntries());
      view.changed();
    }),
  );
  observer.observe({ type, buffered: !view.restoredAt, ...options });
  view.watches.push((end) => {
    takeAll(observer.takeRecords());
    if (end) observer.disconnect();
  });
};
