// Purchases that the page tells Google Analytics 4, by `gtag` or by a data layer
// (https://developers.google.com/analytics/devguides/collection/ga4/reference/events#purchase).

import { guard } from '../guard.ts';
import { tell } from './tell.ts';

interface Purchase {
  transaction_id?: string;
  value?: number | string;
  currency?: string;
}

/** What the data layer holds: an event, or the arguments of a call of `gtag`. */
type Item = { event?: string; ecommerce?: Purchase } & Purchase & Partial<ArrayLike<unknown>>;

/** The purchase that an item of the data layer tells of. */
export const purchaseIn = (item: Item | null | undefined): Purchase | undefined =>
  item?.event === 'purchase'
    ? (item.ecommerce ?? item)
    : item?.[0] === 'event' && item[1] === 'purchase'
      ? (item[2] ?? {})
      : undefined;

/** The page's own `push` waits for this. */
const take = guard((item: Item): void => {
  const purchase = purchaseIn(item);
  if (purchase) {
    const { value, currency, transaction_id: order } = purchase;
    tell('convert', { value, currency, order });
  }
});

/** Tells of every purchase in `window.dataLayer`, of those that were before too. */
export const watchDataLayer = (): void => {
  const page = window as unknown as { dataLayer?: Item[] };
  const layer = (page.dataLayer ??= []);
  layer.forEach(take);
  const push = layer.push.bind(layer);
  layer.push = (...items) => {
    items.forEach(take);
    return push(...items);
  };
};
