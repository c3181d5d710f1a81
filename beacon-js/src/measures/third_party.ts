// What other hosts' content costs: requests, bytes, and how long their scripts kept the page from answering (Resource Timing,
// Long Animation Frames).
//
// Quirks: a host that doesn't allow it (`Timing-Allow-Origin`) keeps its bytes to itself, and its requests have no start. A script's
// address is told without its host's leave; only frames longer than 50 ms are.

import { HOSTS_MAX } from '../limits.ts';
import { reports } from '../reports.ts';
import type { LongAnimationFrame } from '../platform.ts';
import { found } from '../view.ts';
import type { ThirdParty } from '../wire.ts';

/** The cost of the host of `address`. */
const costOf = (address: string): ThirdParty => {
  const costs = found.third_party;
  // What is no request of a host (`data:`, `blob:`) is nobody's cost, and of extensions we want to know nothing.
  const { hostname: host } = new URL(/^https?:/.test(address) ? address : location.href);
  let cost = costs.find((known) => known.host === host);
  if (!cost) {
    cost = { host, count: 0, ms: reports('long-animation-frame') ? 0 : undefined } as ThirdParty;
    if (host !== location.hostname && costs.length < HOSTS_MAX) costs.push(cost);
  }
  return cost;
};

export const takeRequest = (entry: PerformanceResourceTiming): void => {
  const cost = costOf(entry.name);
  cost.count++;
  if (entry.requestStart) cost.bytes = (cost.bytes ?? 0) + entry.transferSize;
};

export const takeFrame = (entry: LongAnimationFrame): void => {
  for (const script of entry.scripts) costOf(script.sourceURL).ms += script.duration;
};
