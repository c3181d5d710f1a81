// A purchase or another goal, as the page tells it. A wrong amount is worse than none: what is no exact decimal, and what is in
// a currency that can't be, is left out.

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

/** The amount of a sale in the wire's form. */
export const amountOf = ({ currency, value }: Sale): Pick<Conversion, 'value' | 'currency'> | undefined => {
  // Sums such as 0.1 + 0.2 lose their floating-point dust.
  const text = String((value as number | undefined)?.toFixed ? +(value as number).toFixed(6) : value);
  // Without its currency the amount would be taken for one in the site's own.
  return /^\d{1,12}(\.\d{1,6})?,[A-Z]{3}$/.test([text, currency ?? 'EUR'] as unknown as string)
    ? { currency, value: text }
    : undefined;
};
