/** The bucket edges that collector and probe expose, and what a classic histogram makes of raw values. */

const SECONDS = [
  0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1, 1.25, 1.5, 1.8, 2, 2.5, 3, 4, 5, 7.5, 10, 15, 30, 60,
];
const INP = [0.008, 0.016, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2, 5];
const CLS = [0, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.4, 0.6, 1, 2];
const HANDLING = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1, 1];
const PROBE = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1, 1.8, 2.5, 5, 10, 30];

/** The finite edges of a histogram family. */
export function edgesOf(metric: string): readonly number[] {
  if (metric.startsWith('graadmeter_probe_')) return PROBE;
  if (metric === 'graadmeter_beacon_handling_seconds') return HANDLING;
  if (metric.endsWith('_inp_seconds')) return INP;
  return metric.endsWith('_cls_score') ? CLS : SECONDS;
}

/**
 * The quantile that a classic histogram of `values` allows, as Prometheus documents histogram_quantile:
 * observations are taken as spread evenly over their bucket. The exact quantile must lie in that bucket;
 * if it does not, the planted data or this function is wrong.
 */
export function histogramQuantile(q: number, values: readonly number[], metric: string): number {
  const edges = edgesOf(metric);
  const sorted = [...values].sort((a, b) => a - b);
  const rank = q * sorted.length;
  const atMost = (edge: number): number => values.filter((value) => value <= edge).length;
  const index = edges.findIndex((edge) => atMost(edge) >= rank);
  const upper = edges[index];
  if (upper === undefined) return edges.at(-1) ?? NaN;
  const lower = index === 0 ? Math.min(0, upper) : (edges[index - 1] ?? NaN);
  const exact = sorted[Math.ceil(rank) - 1] ?? NaN;
  if (exact < lower || exact > upper) throw new Error(`${exact} is not in the bucket ${lower}–${upper}`);
  const below = index === 0 ? 0 : atMost(lower);
  return upper <= 0 ? upper : lower + ((upper - lower) * (rank - below)) / (atMost(upper) - below);
}
