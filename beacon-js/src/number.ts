// Measured numbers as the wire allows them.

import { TIMING_MS_MAX } from './limits.ts';

/**
 * `value` rounded, or nothing when it is missing or can't be true: browsers have reported negative phases
 * and paints after days (web-vitals#137, aws-rum-web#245).
 */
export const measured = (value = NaN, max = TIMING_MS_MAX, decimals = 1): number | undefined =>
  value >= 0 && value <= max ? +value.toFixed(decimals) : undefined;
