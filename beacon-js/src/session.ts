// The visit that views belong to, kept in the tab's sessionStorage so that it ends with the tab at the latest.
//
// A session ends after 30 minutes without a view. It carries what later beacons must know of its landing,
// so that the collector needs to remember nothing.

import { guard } from './guard.ts';
import { SESSION_IDLE_MS_MAX } from './limits.ts';
import { allowed, randomId } from './text.ts';
import type { Landing } from './wire.ts';

/** A session as it is stored. */
export interface Visit {
  id: string;
  /** Number of the view. */
  n: number;
  /** When that view began, by the wall clock. */
  at: number;
  /** Share of sessions that report, if not all do, and whether this one does: decided once. */
  rate?: number | undefined;
  sampled: boolean;
  landing?: Landing;
  /** The landing's channel, in the page's own word. */
  channel?: string | undefined;
  /** Conversions already sent, by their order number or nothing. */
  orders: string[];
}

/** What the last view stored; nothing if there was none, or if storage is forbidden. */
const stored = guard(() => JSON.parse(sessionStorage['graadmeter'] as string) as Visit);

/**
 * The session that a new view belongs to: if it is `followed`, the stored one with one more view, or a new one, which reports
 * with the probability `rate`: 0 is never, and what is no share is always.
 *
 * A clock set back doesn't end a session; one set forward may, which only splits it. What something else has
 * stored under our key has no time, and so is over.
 */
export const nextView = (followed: boolean, rate: number): Visit => {
  const last = followed ? stored() : undefined;
  const at = Date.now();
  return last && at - last.at <= SESSION_IDLE_MS_MAX
    ? { ...last, n: last.n + 1, at }
    : {
        id: randomId(),
        n: 1,
        at,
        rate: rate < 1 ? rate : undefined,
        sampled: !(Math.random() >= rate),
        orders: [],
      };
};

/** Stores the session, and answers with something if the browser let it. */
export const store = guard((visit: Visit) => (sessionStorage['graadmeter'] = JSON.stringify(visit, allowed)));

/** Removes what was stored. */
export const forget = (): void => {
  delete sessionStorage['graadmeter'];
};
