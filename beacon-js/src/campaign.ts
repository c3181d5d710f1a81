// Where a visit came from, as the address of the page says.

import { clip, unlessEmpty } from './text.ts';
import { TEXT_BYTES_MAX, type Campaign } from './wire.ts';

/** Parameters by which ad networks mark a click. Only which one was there is told: its value names a person. */
const CLICK_IDS = 'gclid gbraid wbraid dclid msclkid fbclid ttclid twclid li_fat_id epik rdt_cid sccid yclid'.split(
  ' ',
);

/** Reads the campaign out of a query string. */
export const campaignOf = (search: string): Campaign | undefined => {
  const parameters = new URLSearchParams(search);
  const utm = (name: string): string | undefined => clip(parameters.get('utm_' + name), TEXT_BYTES_MAX);
  const names = new Set([...parameters.keys()].map((name) => name.toLowerCase()));
  return unlessEmpty({
    source: utm('source'),
    medium: utm('medium'),
    name: utm('campaign'),
    click: CLICK_IDS.find((name) => names.has(name)),
  });
};
