// How the page was reached and how long each phase took (Navigation Timing Level 2, Resource Timing).

import { hiddenAt, navigation, since, waited } from '../view.ts';
import type { Timing } from '../wire.ts';

/** Between two moments; nothing until the second is reached. */
const between = (from: number, to: number): number | undefined => (to < from ? undefined : waited(to) - waited(from));

/** Since the start; 0 means that the moment is not reached yet. */
const until = (at: number): number | undefined => (at > 0 && at <= hiddenAt ? waited(at) : undefined);

/**
 * The phases, as far as the page had come when the visitor first looked away: what a background tab took
 * its time for, nobody waited for. The same holds for phases before a prerendered page was visited.
 *
 * Nothing for a view that began later than its page, which the entry isn't about, and nothing if its times
 * can't be believed: some browsers have withheld the first byte, or put it before the start or after now
 * (web-vitals#137, #162, #275).
 */
export const timing = (): Timing | undefined =>
  navigation && !since && navigation.responseStart > 0 && performance.now() > navigation.responseStart
    ? {
        redirect: between(navigation.redirectStart, navigation.redirectEnd),
        dns: between(navigation.domainLookupStart, navigation.domainLookupEnd),
        // Without TLS there is no such moment; a reused connection has it, before its end.
        connect: between(navigation.connectStart, navigation.secureConnectionStart || navigation.connectEnd),
        tls: between(navigation.secureConnectionStart || navigation.connectEnd, navigation.connectEnd),
        ttfb: waited(navigation.responseStart),
        response: between(navigation.responseStart, navigation.responseEnd),
        dom_interactive: until(navigation.domInteractive),
        dom_content_loaded: until(navigation.domContentLoadedEventEnd),
        load: until(navigation.loadEventEnd),
      }
    : undefined;
