/** Whether the figures above can be believed: what was refused, left out, or put together. */
import type { Section } from '../layout.ts';
import { limits, lines, stat } from '../panels.ts';
import * as promql from '../promql.ts';
import { OWN, RANGE, STEP } from '../promql.ts';

const BEACONS = 'graadmeter_beacons_total';
/** Answered with 204: these are no one's mistake. */
const IN_ORDER = 'accepted|duplicate|bot';

function refused() {
  const bad = promql.total(BEACONS, `${OWN}, outcome!~"${IN_ORDER}"`, RANGE);
  return stat(
    {
      title: 'Beacons refused',
      description:
        'The share of beacons that were not accepted, leaving aside duplicates and robots. The graph beside it says why.',
      unit: 'percentunit',
      decimals: 2,
      thresholds: limits(0.01, 0.05),
    },
    { expr: `(${bad} or vector(0)) / ${promql.total(BEACONS, OWN, RANGE)}`, legend: 'refused' },
  );
}

function outcomes() {
  return lines(
    {
      title: 'Beacons by outcome',
      description:
        'Every beacon ends in exactly one outcome. Much unknown_site or origin_not_allowed: a tag or a site’s configuration is wrong. limited, overloaded: the collector protects itself.',
      unit: 'reqps',
    },
    [{ expr: promql.total(BEACONS, OWN, STEP, 'outcome'), legend: '{{outcome}}' }],
    { stack: true },
  );
}

function leftOut() {
  return lines(
    {
      title: 'Values left out, by key',
      description:
        'Measured values that could not be true (negative, or beyond their documented maximum). The rest of the beacon was kept.',
      unit: 'reqps',
    },
    [
      {
        expr: promql.total('graadmeter_values_left_out_total', OWN, STEP, 'key'),
        legend: '{{key}}',
      },
    ],
  );
}

function cells() {
  return lines(
    {
      title: 'Cells in use',
      description: 'Label combinations that a collector keeps histograms for: what its memory goes to.',
      unit: 'short',
    },
    [{ expr: `sum by (instance) (graadmeter_cells{${OWN}})`, legend: '{{instance}}' }],
  );
}

function overflow() {
  return lines(
    {
      title: 'Observations beyond the budget, by view',
      description:
        'Observations that were counted in the cell "other" because a view had used up its budget of cells. Nothing is lost, but groups are hidden: raise the budget or name fewer groups.',
      unit: 'reqps',
      thresholds: limits(0.1, 1),
    },
    [
      {
        expr: promql.total('graadmeter_cells_overflowed_total', OWN, STEP, 'view'),
        legend: '{{view}}',
      },
    ],
  );
}

function handling() {
  const metric = 'graadmeter_beacon_handling_seconds';
  return lines(
    {
      title: 'Time to handle a beacon',
      description: 'From the received beacon to its answer inside the collector: median and 99th percentile.',
      unit: 's',
    },
    [
      { expr: promql.quantile(0.5, metric, OWN, STEP), legend: 'p50' },
      { expr: promql.quantile(0.99, metric, OWN, STEP), legend: 'p99' },
    ],
  );
}

export function dataQuality(): Section {
  return {
    title: 'Data quality',
    strips: [
      { height: 7, panels: [refused(), outcomes(), leftOut()] },
      { height: 7, panels: [cells(), overflow(), handling()] },
    ],
  };
}
