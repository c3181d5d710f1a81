// Where a visit came from, as the address of the page says.

import type { Campaign } from './wire.ts';

/** Parameters by which ad networks mark a click. Only which one was there is told: its value names a person. */
const CLICK_ID = /[?&](\w*(cl?k?id|braid|epik|fat_id))=/i;

/** Reads the campaign out of an address. */
export const campaignOf = ({ search, searchParams }: URL): Campaign | undefined =>
  search
    ? {
        source: searchParams.get('utm_source'),
        medium: searchParams.get('utm_medium'),
        name: searchParams.get('utm_campaign'),
        click: CLICK_ID.exec(search)?.[1],
      }
    : undefined;
