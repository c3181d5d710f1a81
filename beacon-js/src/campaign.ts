// Where a visit came from, as the address of the page says.

import { TEXT_BYTES_MAX } from './limits.ts';
import { clip } from './text.ts';
import type { Campaign } from './wire.ts';

/** Parameters by which ad networks mark a click. Only which one was there is told: its value names a person. */
const CLICK_IDS = 'gclid gbraid wbraid dclid yclid msclkid fbclid ttclid twclid rdt_cid ScCid li_fat_id epik'.split(
  ' ',
);

/** Reads the campaign out of a query string. */
export const campaignOf = (search: string): Campaign | undefined => {
  const parameters = new URLSearchParams(search);
  const utm = (name: string): string | undefined => clip(parameters.get('utm_' + name), TEXT_BYTES_MAX);
  const campaign: Campaign = {
    source: utm('source'),
    medium: utm('medium'),
    name: utm('campaign'),
    click: CLICK_IDS.find((name) => parameters.has(name)),
  };
  return Object.values(campaign).some(Boolean) ? campaign : undefined;
};
