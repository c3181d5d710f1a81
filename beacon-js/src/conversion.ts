// A purchase or another goal, as the page tells it. A wrong amount is worse than none: what is no exact
// decimal is left out, with a word on the console to whoever builds the page.

import { clip } from './text.ts';
import { TEXT_BYTES_MAX, type Conversion } from './wire.ts';

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
export const decimal = (value: unknown): string | undefined => {
  const written = typeof value === 'number' ? [String(value), String(+value.toPrecision(15))] : [String(value).trim()];
  return written.find((text) => /^\d{1,12}(\.\d{1,6})?$/.test(text));
};

/** Puts a sale in the wire's form; `warn` is told of each thing left out. */
export const conversionOf = (sale: Sale, warn: (leftOut: string) => void): Conversion => {
  const told = (part: unknown): boolean => part !== undefined && part !== null && part !== '';
  const order = told(sale.order) ? String(sale.order) : undefined;
  const currency = told(sale.currency) ? String(sale.currency).trim().toUpperCase() : undefined;
  const whole: Conversion = {
    value: told(sale.value) ? decimal(sale.value) : undefined,
    currency,
    // A cut order number could be another order's.
    order: clip(order, TEXT_BYTES_MAX) === order ? order : undefined,
  };
  if (told(sale.value) && !whole.value) warn('value');
  if (order && !whole.order) warn('order');
  if (currency !== undefined && !/^[A-Z]{3}$/.test(currency)) {
    warn('currency');
    // In the site's own currency the amount would be a wrong one.
    whole.currency = whole.value = undefined;
  }
  return whole;
};
