// What the page tells the beacon: the attributes of its tag, and the names it gives later.

import { NAME_BYTES_MAX, RATE_MIN } from './limits.ts';
import { clip } from './text.ts';

/** The `data-` attributes of the tag, as written; `page`, `channel` and `variant` may be renamed by a call. */
export interface Settings {
  site?: string;
  endpoint?: string;
  rate?: string;
  page?: string;
  channel?: string;
  variant?: string;
}

/** What a page may name by a call, too. */
export const NAMES = ['page', 'channel', 'variant'] as const;

/** A name as the wire takes it. */
export const nameOf = (name: string | undefined): string | undefined => clip(name, NAME_BYTES_MAX);

/** The share of sessions that report: 0 is nobody, and what is no share is everybody. */
export const rateOf = (text = '1'): number => {
  const rate = parseFloat(text);
  return rate >= 0 && rate < 1 ? rate && Math.max(rate, RATE_MIN) : 1;
};
