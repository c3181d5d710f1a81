// The visit that views belong to, kept in the tab's sessionStorage so that it ends with the tab at the latest.
//
// A session ends after 30 minutes without a view. It carries what later beacons must know of its landing,
// so that the collector needs to remember nothing.

import { guard } from './guard.ts';
import { SESSION_IDLE_MS_MAX, SESSION_VIEWS_MAX } from './limits.ts';
import { randomId } from './text.ts';
import type { Landing } from './wire.ts';

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
  /** Conversions already sent, by their order number or nothing. */
  orders: string[];
}

/**
 * The session that a view at `now` belongs to: the last one with one more view, or a new one.
 * A clock set back doesn't end a session; one set forward may, which only splits it. What something else has
 * stored under our key has no time, and so is over.
 */
export const nextView = (last: Visit | undefined, now: number, rate: number, draw: () => number): Visit =>
  last && now - last.at <= SESSION_IDLE_MS_MAX
    ? { ...last, n: Math.min(last.n + 1, SESSION_VIEWS_MAX), at: now }
    : { id: randomId(), n: 1, at: now, rate, sampled: draw() < rate, landing: {}, orders: [] };

/** The stored session; nothing if there is none, or if storage is forbidden. */
export const readVisit = guard(() => JSON.parse(sessionStorage['graadmeter'] as string) as Visit);

/** Stores the session, and answers with something if the browser let it. */
export const writeVisit = guard((visit: Visit) => (sessionStorage['graadmeter'] = JSON.stringify(visit)));

/** Removes what was stored before the visitor refused. */
export const forgetVisit = (): void => {
  delete sessionStorage['graadmeter'];
};
