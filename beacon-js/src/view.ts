// The page view that is going on: from its navigation, its soft navigation or its return from the back/forward cache, until it
// is first hidden or replaced. Moments are on the page's clock.

import { campaignOf } from './campaign.ts';
import { deviceFacts } from './device.ts';
import { randomId } from './text.ts';
import type { Cause, Context, Measured, ThirdParty, Vitals } from './wire.ts';

/** A view's own part of its beacon, as it was measured so far. */
export type Found = Measured & {
  id: string;
  kind: 'page';
  vitals: Vitals;
  cause: Cause;
  third_party: ThirdParty[];
  errors?: number;
  marks?: Record<string, number>;
};

/** The browser's account of the navigation, which goes on; Safari before 15 has none. */
export let navigation: PerformanceNavigationTiming | undefined;
/** The whole address, which tells soft navigations apart and never leaves the page. */
export let address: string;
/** Where and how it began. */
export let facts: Context & { url: string };
export let found: Found;
export let vitals: Vitals;
export let cause: Cause;
/** Entries from before belong to the view before; 0 for a page that was loaded. */
export let since: number;
/**
 * When the visitor went there: what their wait is counted from. Of a page that was rendered before it is the visit, of
 * a soft navigation the click that began it.
 */
export let begunAt: number;
/** When it was first hidden. What is painted later, nobody waited for. */
export let hiddenAt: number;
/** Whether it is over: its one beacon has gone. */
export let over: boolean;
/** How many interactions the page had had before. */
export let interactionsBefore: number;

/** Begins the view of a page that was loaded (at 0), or a later one. */
export const enter = (at: number, nav?: 'soft' | 'bfcache', href?: string): void => {
  [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  const activatedAt = navigation?.activationStart ?? 0;
  address = href ?? location.href;
  const url = new URL(address);
  since = at;
  begunAt = at || activatedAt;
  hiddenAt = at || !document.hidden ? Infinity : 0;
  over = false;
  interactionsBefore = at && performance.interactionCount;
  facts = {
    // Query and fragment may name a person.
    url: url.origin + url.pathname,
    // Of a view that is no load it is the page itself, or what the load said.
    ref: at ? undefined : document.referrer.replace(/[?#].*/, ''),
    nav: nav ?? (activatedAt ? 'prerender' : navigation?.type),
    campaign: campaignOf(url),
    // Early: a page that is going away may answer for another device.
    ...deviceFacts(),
  };
  found = { id: randomId(), kind: 'page', vitals: (vitals = {}), cause: (cause = {}), third_party: [] };
};

/** A soft navigation began earlier than the page said, by its click. */
export const beganAt = (at: number): void => {
  since = begunAt = at;
};

export const hide = (at: number): void => {
  if (at < hiddenAt) hiddenAt = at;
};

export const end = (): void => {
  over = true;
};

/** How long the visitor had waited at a moment: nobody waits for a page before going there. */
export const waited = (at: number): number => Math.max(0, at - begunAt);
