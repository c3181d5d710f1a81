// Medians, and how sure they are.

const RESAMPLES = 10_000;

/** The value that a share `q` of the values stays under, between the two nearest. */
export const quantile = (values: number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const [low = NaN, high = NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at % 1);
};

export const median = (values: number[]): number => quantile(values, 0.5);

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
export const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

export interface Estimate {
  value: number;
  low: number;
  high: number;
}

/**
 * What `summary` says of the rounds, with its interval of 95 % (percentile bootstrap). Whole rounds are drawn, so what was
 * measured together stays together.
 */
export const estimate = <Round>(rounds: Round[], summary: (rounds: Round[]) => number): Estimate => {
  const random = seeded(1);
  const draw = (): Round[] => rounds.map((round) => rounds[Math.floor(random() * rounds.length)] ?? round);
  const drawn = Array.from({ length: RESAMPLES }, () => summary(draw()));
  return { value: summary(rounds), low: quantile(drawn, 0.025), high: quantile(drawn, 0.975) };
};
