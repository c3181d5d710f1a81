// The visit that views belong to, kept in the tab's sessionStorage so that it ends with the tab at the latest.
//
// A session ends after 30 minutes without a view. It carries what later beacons must know of its landing,
// so that the collector needs to remember nothing.

import { randomId } from './text.ts';
import { SESSION_VIEWS_MAX, type Landing } from './wire.ts';

const KEY = 'graadmeter';
const IDLE_MS_MAX = 30 * 60_000;
/** Most orders that are remembered against being sent twice. */
export const ORDERS_MAX = 20;

/** A session as it is stored. */
export interface Visit {
  id: string;
  /** Number of the view. */
  n: number;
  /** When that view began, by the wall clock. */
  at: number;
  /** Share of sessions that report, and whether this one does: decided once. */
  rate: number;
  sampled: boolean;
  landing: Landing;
  /** The landing's channel, in the page's own word. */
  channel?: string | undefined;
  converted?: boolean;
  /** Orders already sent. */
  orders: string[];
}

/**
 * The session that a view at `now` belongs to: the last one with one more view, or a new one.
 * A clock set back doesn't end a session; one set forward may, which only splits it.
 */
export const nextView = (last: Visit | undefined, now: number, rate: number, draw: () => number): Visit =>
  last && now - last.at <= IDLE_MS_MAX
    ? { ...last, n: Math.min(last.n + 1, SESSION_VIEWS_MAX), at: now }
    : { id: randomId(), n: 1, at: now, rate, sampled: draw() < rate, landing: {}, orders: [] };

/** The stored session; nothing if there is none, if storage is forbidden, or if something else wrote there. */
export const readVisit = (storage: () => Storage): Visit | undefined => {
  try {
    const visit = JSON.parse(storage().getItem(KEY) ?? '') as Visit;
    return /^[\da-f]{32}$/.test(visit.id) && visit.n > 0 && Array.isArray(visit.orders) ? visit : undefined;
  } catch {
    return undefined;
  }
};

/** Stores the session and says whether the browser let it. */
export const writeVisit = (storage: () => Storage, visit: Visit): boolean => {
  try {
    storage().setItem(KEY, JSON.stringify(visit));
    return true;
  } catch {
    return false;
  }
};

/** Removes what was stored before the visitor refused. */
export const forgetVisit = (storage: () => Storage): void => {
  storage().removeItem(KEY);
};
