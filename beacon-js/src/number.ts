// Measured numbers as the wire allows them.

import { TIMING_MS_MAX } from './wire.ts';

/**
 * `value` rounded to `1 / scale`, or nothing when it is missing or can't be true: browsers have reported
 * negative phases and paints after days (web-vitals#137, aws-rum-web#245).
 */
export const measured = (value: number | undefined, max: number, scale: number): number | undefined =>
  value !== undefined && value >= 0 && value <= max ? Math.round(value * scale) / scale : undefined;

/** Milliseconds to a tenth. */
export const milliseconds = (value: number | undefined, max = TIMING_MS_MAX): number | undefined =>
  measured(value, max, 10);
