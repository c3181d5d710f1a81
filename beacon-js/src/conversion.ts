// A purchase or another goal, as the page tells it. A wrong amount is worse than none: what is no exact
// decimal is left out, with a word on the console to whoever builds the page.

import { warn } from './guard.ts';
import { TEXT_BYTES_MAX } from './limits.ts';
import { clip } from './text.ts';
import type { Conversion } from './wire.ts';

/** What a page hands to `graadmeter('convert', …)`. */
export interface Sale {
  /** `59.95` or, better, `'59.95'`. */
  value?: number | string;
  /** ISO 4217, `EUR`; the site's own when left out. */
  currency?: string;
  /** The shop's order number: the same order counts once. */
  order?: number | string;
}

/** The exact decimal that `value` writes, or nothing. Sums such as 0.1 + 0.2 lose their floating-point dust. */
export const decimal = (value: unknown): string | undefined =>
  [String(value).trim(), typeof value === 'number' ? String(+value.toPrecision(15)) : ''].find((text) =>
    /^\d{1,12}(\.\d{1,6})?$/.test(text),
  );

/** Puts a sale in the wire's form, without what is not valid of it. */
export const conversionOf = (sale: Sale): Conversion => {
  /** What is valid of a part; nothing, with a word, if something was given that is not. */
  const keep = (part: keyof Sale, valid: (given: string) => string | false | undefined): string | undefined => {
    const given = String(sale[part] ?? '').trim();
    const kept = (given && valid(given)) || undefined;
    if (given && !kept) warn(part, sale);
    return kept;
  };
  const currency = keep('currency', (code) => /^[a-z]{3}$/i.test(code) && code.toUpperCase());
  return {
    // In the site's own currency the amount would be a wrong one.
    value: keep('value', () => (currency || !sale.currency) && decimal(sale.value)),
    currency,
    // Cut, it could be another order's.
    order: keep('order', (order) => clip(order, TEXT_BYTES_MAX) === order && order),
  };
};
