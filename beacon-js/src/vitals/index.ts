// All vitals of one view.

import { CLS_MAX, INP_MS_MAX } from '../limits.ts';
import { measured } from '../number.ts';
import type { View } from '../view.ts';
import type { Vitals } from '../wire.ts';
import { cls } from './cls.ts';
import { fcp } from './fcp.ts';
import { inp } from './inp.ts';
import { lcp } from './lcp.ts';

/** Begins to measure a view; the answer reads what was measured so far, beside its first byte. */
export const watch = (view: View): ((ttfb: number | undefined) => Vitals) => {
  const read = { fcp: fcp(view), lcp: lcp(view), inp: inp(view), cls: cls(view) };
  return (ttfb) => {
    for (const takeIn of view.watches) takeIn(view.over);
    const painted = measured(read.fcp());
    return {
      ttfb,
      fcp: painted,
      lcp: measured(read.lcp()),
      inp: measured(read.inp(), INP_MS_MAX),
      // As in the Chrome UX Report: what was never painted in sight can't have moved.
      cls: painted === undefined ? painted : measured(read.cls(), CLS_MAX, 4),
    };
  };
};
