// All vitals of one view.

import { measured, milliseconds } from '../number.ts';
import { unlessEmpty } from '../text.ts';
import type { View } from '../view.ts';
import { CLS_MAX, INP_MS_MAX, type Vitals } from '../wire.ts';
import { cls } from './cls.ts';
import { fcp } from './fcp.ts';
import { inp } from './inp.ts';
import { lcp } from './lcp.ts';
import { ttfb } from './ttfb.ts';

/** Begins to measure a view; the answer reads what was measured so far. */
export const watch = (view: View): (() => Vitals | undefined) => {
  const read = { ttfb: ttfb(view), fcp: fcp(view), lcp: lcp(view), inp: inp(view), cls: cls(view) };
  return () => {
    for (const flush of view.flushes) flush();
    const painted = milliseconds(read.fcp());
    return unlessEmpty({
      ttfb: milliseconds(read.ttfb()),
      fcp: painted,
      lcp: milliseconds(read.lcp()),
      inp: milliseconds(read.inp(), INP_MS_MAX),
      // As in the Chrome UX Report: what was never painted in sight can't have moved.
      cls: painted === undefined ? painted : measured(read.cls(), CLS_MAX, 10_000),
    });
  };
};
