// An order in the page's own markup, as schema.org names it (https://schema.org/Order), in JSON-LD or microdata.

import { guard } from '../guard.ts';
import { tell } from './tell.ts';

type Thing = Record<string, unknown>;

/** All things in a JSON-LD document: it is one, a list, or a graph of them. */
const thingsIn = (document: unknown): Thing[] =>
  Array.isArray(document)
    ? document.flatMap(thingsIn)
    : document && typeof document === 'object'
      ? [document as Thing, ...thingsIn((document as Thing)['@graph'] ?? [])]
      : [];

/** What a conversion is told with. */
interface Sale {
  value?: unknown;
  currency?: unknown;
  order?: unknown;
}

/** The orders in the text of a JSON-LD script; none if it is no JSON. */
export const ordersIn = (text: string): Sale[] => {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return [];
  }
  return thingsIn(document)
    .filter((thing) => [thing['@type']].flat().includes('Order'))
    .map((order) => {
      // Of an order itself, or of its invoice.
      const due = ((order['partOfInvoice'] as Thing | undefined)?.['totalPaymentDue'] ?? {}) as Thing;
      return {
        value: order['price'] ?? due['price'] ?? due['value'],
        currency: order['priceCurrency'] ?? due['priceCurrency'] ?? due['currency'],
        order: order['orderNumber'],
      };
    });
};

const microdata = (item: Element): Sale => {
  const property = (name: string): string | undefined => {
    const elements = [...item.querySelectorAll(`[itemprop=${name}]`)];
    // What is of a thing within, an offer say, is not of the order.
    const element = elements.find(({ parentElement }) => parentElement?.closest('[itemscope]') === item);
    return (element?.getAttribute('content') ?? element?.textContent)?.trim();
  };
  return { value: property('price'), currency: property('priceCurrency'), order: property('orderNumber') };
};

/** Tells of every order that the page shows once it has been read. */
export const readMarkup = guard((): void => {
  if (document.readyState === 'loading') {
    addEventListener('DOMContentLoaded', readMarkup, { once: true });
    return;
  }
  const scripts = [...document.querySelectorAll('script[type="application/ld+json"]')];
  const orders = scripts.flatMap(({ textContent }) => ordersIn(textContent));
  const items = [...document.querySelectorAll('[itemtype$="schema.org/Order"]')].map(microdata);
  // An order without a number would be counted at each reload.
  for (const sale of [...orders, ...items]) if (sale.order) tell('convert', sale);
});
