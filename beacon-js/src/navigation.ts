// How the page was reached and how long each phase took (Navigation Timing Level 2, Resource Timing).

import { milliseconds } from './number.ts';
import { unlessEmpty } from './text.ts';
import type { Navigation, Timing } from './wire.ts';

/** The browser's account of the navigation; Safari before 15 has none. */
export const navigationEntry = (): PerformanceNavigationTiming | undefined =>
  performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming | undefined;

/**
 * The same if its times can be believed: some browsers have withheld the first byte, or put it before the
 * start or after now (web-vitals#137, #162, #275).
 */
export const navigationTiming = (): PerformanceNavigationTiming | undefined => {
  const entry = navigationEntry();
  return entry && entry.responseStart > 0 && entry.responseStart <= performance.now() ? entry : undefined;
};

/** The kind of navigation, for a page that was loaded. */
export const navigationOf = (entry: PerformanceNavigationTiming | undefined): Navigation | undefined =>
  entry?.activationStart ? 'prerender' : entry?.type;

/**
 * The phases, as far as the page had come when the visitor first looked away (`hiddenAt`): what a background
 * tab took its time for, nobody waited for. The same holds for phases before a prerendered page was visited.
 */
export const timingOf = (entry: PerformanceNavigationTiming, hiddenAt: number): Timing | undefined => {
  const visited = entry.activationStart ?? 0;
  /** Between two marks; nothing until the second is reached. */
  const span = (from: number, to: number): number | undefined =>
    to < from ? undefined : milliseconds(Math.max(to, visited) - Math.max(from, visited));
  /** Since the start; 0 means that the mark is not reached yet. */
  const mark = (at: number): number | undefined => (at > 0 && at <= hiddenAt ? span(0, at) : undefined);
  // Without TLS there is no such mark; a reused connection has it, before its end.
  const secured = entry.secureConnectionStart || entry.connectEnd;
  return unlessEmpty({
    redirect: span(entry.redirectStart, entry.redirectEnd),
    dns: span(entry.domainLookupStart, entry.domainLookupEnd),
    connect: span(entry.connectStart, secured),
    tls: span(secured, entry.connectEnd),
    ttfb: span(0, entry.responseStart),
    response: span(entry.responseStart, entry.responseEnd),
    dom_interactive: mark(entry.domInteractive),
    dom_content_loaded: mark(entry.domContentLoadedEventEnd),
    load: mark(entry.loadEventEnd),
  });
};
