// Everything that is measured of a view.

import { readInteractions, takeEvent } from './measures/interaction.ts';
import { timing } from './measures/navigation.ts';
import { readPaint, takeLargest, takePaint, takeSoft } from './measures/paint.ts';
import { takeShift } from './measures/shift.ts';
import { takeFrame, takeRequest } from './measures/third_party.ts';
import { begunAt, found, hide, vitals } from './view.ts';

/** What to do with performance entries, by their type. */
export type Takes = Record<string, ((entry: never) => unknown) | undefined>;

export const takes: Takes = {
  // Chromium; tells of the time before this script too. A prerendered page was hidden before it was visited.
  'visibility-state': (entry: PerformanceEntry) => {
    if (entry.name === 'hidden' && entry.startTime >= begunAt) hide(entry.startTime);
  },
  'soft-navigation': takeSoft,
  paint: takePaint,
  event: takeEvent,
  'first-input': takeEvent,
  resource: takeRequest,
  'layout-shift': takeShift,
  'largest-contentful-paint': takeLargest,
  'long-animation-frame': takeFrame,
};

/** Brings the findings up to date. */
export const read = (): void => {
  found.timing = timing();
  vitals.ttfb = found.timing?.ttfb;
  readPaint();
  readInteractions();
};
