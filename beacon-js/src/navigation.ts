// How the page was reached and how long each phase took (Navigation Timing Level 2, Resource Timing).

import { measured } from './number.ts';
import { ttfb } from './vitals/ttfb.ts';
import { sinceVisit, type View } from './view.ts';
import type { Timing } from './wire.ts';

/** The browser's account of the navigation; Safari before 15 has none. */
export const navigationEntry = (): PerformanceNavigationTiming | undefined =>
  performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming | undefined;

/**
 * The phases, as far as the page had come when the visitor first looked away: what a background tab took
 * its time for, nobody waited for. The same holds for phases before a prerendered page was visited.
 *
 * Nothing for a page from the back/forward cache, which the entry isn't about, and nothing if its times
 * can't be believed: some browsers have withheld the first byte, or put it before the start or after `now`
 * (web-vitals#137, #162, #275).
 */
export const timingOf = (
  entry: PerformanceNavigationTiming | undefined,
  view: Pick<View, 'restoredAt' | 'activatedAt' | 'hiddenAt'>,
  now: number,
): Timing | undefined => {
  if (!entry || view.restoredAt || entry.responseStart <= 0 || entry.responseStart > now) return undefined;
  /** Between two moments; nothing until the second is reached. */
  const between = (from: number, to: number): number | undefined =>
    to < from ? undefined : measured(sinceVisit(view, to) - sinceVisit(view, from));
  const phase = (name: 'redirect' | 'domainLookup' | 'response'): number | undefined =>
    between(entry[`${name}Start`], entry[`${name}End`]);
  /** Since the start; 0 means that the moment is not reached yet. */
  const since = (at: number): number | undefined =>
    at > 0 && at <= view.hiddenAt ? measured(sinceVisit(view, at)) : undefined;
  // Without TLS there is no such moment; a reused connection has it, before its end.
  const secured = entry.secureConnectionStart || entry.connectEnd;
  return {
    redirect: phase('redirect'),
    dns: phase('domainLookup'),
    connect: between(entry.connectStart, secured),
    tls: between(secured, entry.connectEnd),
    ttfb: measured(ttfb(entry, view)),
    response: phase('response'),
    dom_interactive: since(entry.domInteractive),
    dom_content_loaded: since(entry.domContentLoadedEventEnd),
    load: since(entry.loadEventEnd),
  };
};
