// First and Largest Contentful Paint: the first text or image, and the last of the candidates that the browser reports
// for the largest (Paint Timing, Largest Contentful Paint API, Soft Navigations), with when the largest one's resource was requested
// and when it had come (https://web.dev/articles/optimize-lcp#lcp-breakdown).
//
// Quirks: "first-paint" is of the type `paint` too, and may be no more than a background colour. The browser itself stops
// looking for the largest at the first input or scroll, but not when the page is hidden. A page rendered before the visitor
// went to it counts from the visit on, so the browser's raw figure is far too large. A page in a background tab paints
// when it is looked at, hours later perhaps. After a return from the back/forward cache no browser reports a paint: it is
// taken as web-vitals takes it, since the second animation frame begins after the first one was painted, with all that
// there is. The largest paint of a soft navigation is asked for, because an observer would be told of every key that is typed.

import { guard } from '../guard.ts';
import { reports } from '../reports.ts';
import type { SoftNavigation } from '../platform.ts';
import { selectorOf } from '../selector.ts';
import { cause, hiddenAt, since, vitals, waited } from '../view.ts';

let softNavigation: SoftNavigation | undefined;

const firstAt = (at: number): void => {
  if (at < hiddenAt) {
    vitals.fcp = waited(at);
    // As in the Chrome UX Report, only what was painted in sight can move. Nothing seen is 0, unless nothing can be seen.
    if (reports('layout-shift')) vitals.cls ??= 0;
  }
};

export const takePaint = (entry: PerformanceEntry): void => {
  if (entry.name === 'first-contentful-paint') firstAt(entry.startTime);
};

export const takeLargest = (paint: LargestContentfulPaint, at = paint.startTime): void => {
  if (at < hiddenAt) {
    const [resource] = performance.getEntriesByName(paint.url, 'resource') as PerformanceResourceTiming[];
    vitals.lcp = waited(at);
    cause.lcp = {
      // Now, because it may be gone when the view is.
      target: selectorOf(paint.element),
      until: resource && [waited(resource.requestStart || resource.startTime), waited(resource.responseEnd)],
    };
  }
};

/** Brings the findings of a soft navigation up to date. */
export const readPaint = (): void => {
  const paint = softNavigation?.getLargestInteractionContentfulPaint?.()?.largestContentfulPaint;
  // Of this view, and only once, because its element may be gone the next time.
  if (paint && paint.renderTime >= since && vitals.lcp !== waited(paint.renderTime))
    takeLargest(paint, paint.renderTime);
};

export const takeSoft = (entry: SoftNavigation): void => {
  softNavigation = entry;
  firstAt(entry.presentationTime ?? entry.paintTime);
  readPaint();
};

/** After a return from the back/forward cache. */
export const awaitPaint = (): void => {
  const painted = guard(() => {
    // Frames stand still while a page is hidden: then this one comes much too late, after `hiddenAt`.
    firstAt(performance.now());
    if (reports('largest-contentful-paint')) vitals.lcp = vitals.fcp;
  });
  requestAnimationFrame(() => requestAnimationFrame(painted));
};
