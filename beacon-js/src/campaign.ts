// Where a visit came from, as the address of the page says.

import type { Campaign } from './wire.ts';

/**
 * A query that names a campaign, or a click by the parameter with which ad networks mark it. Only which one was there is told: its
 * value names a person. It is looked for from the beginning only, or a query of many question marks would take its square of time.
 */
const NAMES = /^.(?:.*&)?(\w*(cl?k?id|braid|epik|fat_id))=|utm_/i;

/** Reads the campaign out of an address; nothing if it names none. */
export const campaignOf = ({ search, searchParams }: URL): Campaign | null => {
  const named = NAMES.exec(search);
  return (
    named && {
      source: searchParams.get('utm_source'),
      medium: searchParams.get('utm_medium'),
      name: searchParams.get('utm_campaign'),
      click: named[1],
    }
  );
};
