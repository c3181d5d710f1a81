/**
 * The five vitals and the limits that Google publishes for them (https://web.dev/articles/vitals),
 * judged at the 75th percentile. The limits are bucket edges of the collector's histograms, so the
 * shares below and above them are exact counts, not interpolations.
 */

export interface Vital {
  /** The usual abbreviation, also the panel's title. */
  readonly name: string;
  readonly meaning: string;
  /** Histogram with labels `site device channel country`. */
  readonly visitorMetric: string;
  /** Histogram with labels `site device page`. */
  readonly pageMetric: string;
  /** Largest value that is good, in the metric's own unit. */
  readonly good: number;
  /** Largest value that needs work; beyond it is poor. */
  readonly poor: number;
  /** Grafana's unit id. */
  readonly unit: 's' | 'none';
}

function vital(
  name: string,
  suffix: string,
  meaning: string,
  good: number,
  poor: number,
  unit: Vital['unit'],
): Vital {
  return {
    name,
    meaning,
    visitorMetric: `rum_${suffix}`,
    pageMetric: `rum_page_${suffix}`,
    good,
    poor,
    unit,
  };
}

export const LCP = vital(
  'LCP',
  'lcp_seconds',
  'Largest Contentful Paint: when the largest image or text block was shown',
  2.5,
  4,
  's',
);
export const INP = vital(
  'INP',
  'inp_seconds',
  'Interaction to Next Paint: how long the page took to answer its slowest clicks, taps and keys',
  0.2,
  0.5,
  's',
);
export const CLS = vital(
  'CLS',
  'cls_score',
  'Cumulative Layout Shift: how much the content jumped about, a score without a unit',
  0.1,
  0.25,
  'none',
);
export const FCP = vital(
  'FCP',
  'fcp_seconds',
  'First Contentful Paint: when the first text or image was shown',
  1.8,
  3,
  's',
);
export const TTFB = vital(
  'TTFB',
  'ttfb_seconds',
  'Time to First Byte: when the first byte of the page arrived',
  0.8,
  1.8,
  's',
);

/** In the order in which they are shown. */
export const VITALS: readonly Vital[] = [LCP, INP, CLS, FCP, TTFB];
