/**
 * The visits that are planted: made by a small random generator with a fixed seed, so that every run has the
 * same ones. They arrive anew at every scrape. Expected figures are computed from this list alone.
 */

export interface Visit {
  readonly instance: string;
  readonly site: string;
  readonly device: string;
  readonly channel: string;
  readonly country: string;
  readonly page: string;
  /** Seconds; a browser that does not measure a vital leaves it out. */
  readonly lcp: number | undefined;
  readonly inp: number | undefined;
  readonly cls: number | undefined;
  readonly fcp: number;
  readonly ttfb: number;
  readonly load: number;
  readonly phases: Readonly<Record<string, number>>;
  /** Whether the view is its session's first. */
  readonly landing: boolean;
  /** The orders of the session that begins here. */
  readonly orders: readonly { readonly value: number; readonly currency: string }[];
}

/** mulberry32: small, well spread, and the same everywhere. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Log-normal by the sum of twelve uniforms: page timings have that shape. */
function logNormal(next: () => number, median: number, sigma: number): number {
  let sum = 0;
  for (let i = 0; i < 12; i += 1) sum += next();
  return median * Math.exp(sigma * (sum - 6));
}

/** Whole microseconds, so that sums stay exact enough to compare. */
function micros(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

const PAGES: readonly (readonly [string, number])[] = [
  ['home', 1],
  ['category', 3.5],
  ['product', 1.4],
];

function visit(next: () => number, index: number): Visit {
  const mobile = next() < 0.6;
  const direct = next() < 0.5;
  const dutch = next() < 0.7;
  const [page, slowness] = PAGES[Math.floor(next() * PAGES.length)] ?? ['home', 1];
  const lcp = micros(logNormal(next, (mobile ? 1.5 : 1.1) * slowness, 0.9));
  const ttfb = micros(lcp * (0.1 + 0.4 * next()));
  const landing = index % 3 === 0;
  const buys = landing && next() < 0.25 / (1 + lcp / 3) + (direct ? 0.05 : 0);
  const order = { value: 20 + Math.floor(next() * 400) / 4, currency: dutch ? 'EUR' : 'GBP' };
  const part = (share: number): number => micros(ttfb * share);
  return {
    instance: dutch ? 'a:8788' : 'b:8788',
    site: index % 25 === 0 ? 'other' : 'shop',
    device: mobile ? 'mobile' : 'desktop',
    channel: direct ? 'direct' : 'paid_search',
    country: dutch ? 'NL' : 'BE',
    page,
    lcp: next() < 0.1 ? undefined : lcp,
    inp: next() < 0.4 ? undefined : micros(logNormal(next, mobile ? 0.16 : 0.08, 0.9)),
    cls: next() < 0.1 ? undefined : next() < 0.4 ? 0 : micros(logNormal(next, 0.06, 1)),
    fcp: micros(lcp * 0.7),
    ttfb,
    load: micros(lcp * (1 + next())),
    phases: {
      redirect: part(0.05),
      dns: part(0.1),
      connect: part(0.15),
      tls: part(0.2),
      wait: part(0.5),
      response: micros(lcp * 0.05),
      dom_interactive: micros(lcp * 0.8),
      dom_content_loaded: micros(lcp * 0.9),
    },
    landing,
    // Every tenth buyer orders twice: two conversions, one converting session.
    orders: buys ? (next() < 0.1 ? [order, order] : [order]) : [],
  };
}

function plant(count: number): Visit[] {
  const next = random(20240229);
  return Array.from({ length: count }, (_, index) => visit(next, index));
}

export const VISITS: readonly Visit[] = plant(6000);
