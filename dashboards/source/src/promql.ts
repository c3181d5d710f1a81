/**
 * The PromQL that the dashboards are made of: matchers, quantiles, shares between two bucket edges.
 * Kept in one place so that every panel counts in the same way.
 */

/** Matchers of the families that know the visitor: `site device channel country`. */
export const VISITOR =
  'job=~"$job", instance=~"$instance", site=~"$site", device=~"$device", channel=~"$channel", country=~"$country"';
/** Matchers of the families that know the page group: `site device page`. */
export const PAGE = 'job=~"$job", instance=~"$instance", site=~"$site", device=~"$device"';
/** Matchers of what probes measure. */
export const PROBE = 'job=~"$job", instance=~"$instance", site=~"$site"';
/** Matchers of the programs' own counters. */
export const OWN = 'job=~"$job", instance=~"$instance"';

/** Over the time range that the viewer has chosen: one figure. */
export const RANGE = '$__range';
/** For graphs: long enough to hold several scrapes. */
export const STEP = '$__rate_interval';

/** Growth of a counter: a rate in graphs, a number over the whole range elsewhere. */
export function growth(metric: string, matchers: string, window: string): string {
  const fn = window === RANGE ? 'increase' : 'rate';
  return `${fn}(${metric}{${matchers}}[${window}])`;
}

/** `sum(…)`, or `sum by (labels) (…)`. */
export function sum(inner: string, by = ''): string {
  return by === '' ? `sum(${inner})` : `sum by (${by}) (${inner})`;
}

export function total(metric: string, matchers: string, window: string, by = ''): string {
  return sum(growth(metric, matchers, window), by);
}

/** The q-quantile of a classic histogram. */
export function quantile(q: number, metric: string, matchers: string, window: string, by = ''): string {
  const labels = by === '' ? 'le' : `le, ${by}`;
  return `histogram_quantile(${q}, ${total(`${metric}_bucket`, matchers, window, labels)})`;
}

/** Like `quantile`, without groups that have no measurement in the window (NaN fails every comparison). */
export function knownQuantile(
  q: number,
  metric: string,
  matchers: string,
  window: string,
  by: string,
): string {
  return `${quantile(q, metric, matchers, window, by)} >= 0`;
}

/**
 * The matcher for one bucket edge. Prometheus 3 stores whole numbers as `le="4.0"`, Prometheus 2 as the
 * `le="4"` that was exposed; both must be found.
 */
export function edge(limit: number): string {
  if (limit === Infinity) return 'le="+Inf"';
  return Number.isInteger(limit) ? `le=~"${limit}([.]0)?"` : `le="${limit}"`;
}

/** How many observations were at most `limit`, which must be an edge of the histogram. */
export function atMost(limit: number, metric: string, matchers: string, window: string, by = ''): string {
  return total(`${metric}_bucket`, `${matchers}, ${edge(limit)}`, window, by);
}

/**
 * How many observations lay in (from, to]. Classic buckets are cumulative, so it is a difference. Each
 * bucket's increase is extrapolated by itself, which can put the difference a hair below zero.
 */
export function between(
  from: number,
  to: number,
  metric: string,
  matchers: string,
  window: string,
  by = '',
): string {
  const upper = atMost(to, metric, matchers, window, by);
  return from === 0 ? upper : `clamp_min(${upper} - ${atMost(from, metric, matchers, window, by)}, 0)`;
}

/** The mean: unlike percentiles, the means of the parts add up to the mean of the whole. */
export function mean(metric: string, matchers: string, window: string, by = ''): string {
  return `${total(`${metric}_sum`, matchers, window, by)} / ${total(`${metric}_count`, matchers, window, by)}`;
}

/** Only the `n` groups with the most page views over the whole range, the same ones at every step. */
export function busiest(n: number, by: string): string {
  const views = `increase(rum_page_views_total{${VISITOR}}[${RANGE}] @ end())`;
  return `and on (${by}) topk(${n}, ${sum(views, by)})`;
}

/** Copies a label whose name is a variable to `group`, so that a legend can name it. */
export function named(expr: string, label: string): string {
  return `label_replace(${expr}, "group", "$1", "${label}", "(.*)")`;
}
