/** Rows on the vitals: the figure that counts, how views are spread over the bands, and over time. */
import type { Section } from '../layout.ts';
import { floors, limits, lines, stat, table, type Column } from '../panels.ts';
import * as promql from '../promql.ts';
import { RANGE, STEP, VISITOR } from '../promql.ts';
import { LCP, VITALS, type Vital } from '../vitals.ts';

/** At least this share of views should be good: that is what a good 75th percentile means. */
const GOOD_SHARE = 0.75;

const CLS_DECIMALS = 3;

/** A percentile of a handful of views jumps about: each point of a line takes in two minutes at least. */
const MIN_STEP = '2m';

function shown(vital: Vital): string {
  return vital.unit === 's' ? `${vital.good} s and ${vital.poor} s` : `${vital.good} and ${vital.poor}`;
}

function decimals(vital: Vital): number {
  return vital.unit === 's' ? 2 : CLS_DECIMALS;
}

function p75(vital: Vital) {
  return stat(
    {
      title: `${vital.name} p75`,
      description: `${vital.meaning}. Three of four page views in the time range were at least this fast. Good up to, and poor beyond: ${shown(vital)}.`,
      unit: vital.unit,
      decimals: decimals(vital),
      thresholds: limits(vital.good, vital.poor),
    },
    { expr: promql.quantile(0.75, vital.visitorMetric, VISITOR, RANGE), legend: vital.name },
  );
}

/** Exact shares: the limits are edges of the histogram's buckets. */
function bands(vital: Vital) {
  const metric = vital.visitorMetric;
  const all = promql.total(`${metric}_count`, VISITOR, STEP);
  const band = (from: number, to: number): string =>
    `${promql.between(from, to, metric, VISITOR, STEP)} / ${all}`;
  return lines(
    {
      title: `${vital.name}: good, needs work, poor`,
      description: `The share of page views in each band of ${vital.name}, limits ${shown(vital)}. Exact counts, not estimates.`,
      unit: 'percentunit',
    },
    [
      { expr: band(0, vital.good), legend: 'good' },
      { expr: band(vital.good, vital.poor), legend: 'needs work' },
      { expr: band(vital.poor, Infinity), legend: 'poor' },
    ],
    {
      stack: true,
      max: 1,
      minStep: MIN_STEP,
      colors: { good: 'green', 'needs work': 'orange', poor: 'red' },
    },
  );
}

export function vitalsNow(): Section {
  return {
    title: 'Core Web Vitals of real visitors',
    strips: [
      { height: 5, panels: VITALS.map(p75) },
      { height: 7, panels: VITALS.map(bands) },
    ],
  };
}

function overTime(vital: Vital) {
  const expr = `${promql.quantile(0.75, vital.visitorMetric, VISITOR, STEP, '$by')} ${promql.busiest(10, '$by')}`;
  return lines(
    {
      title: `${vital.name} p75 over time, by $by`,
      description: `${vital.meaning}. The ten groups with the most page views in the time range; limits ${shown(vital)} are dashed.`,
      unit: vital.unit,
      decimals: decimals(vital),
      thresholds: limits(vital.good, vital.poor),
    },
    [{ expr: promql.named(expr, '$by'), legend: '{{group}}' }],
    { minStep: MIN_STEP },
  );
}

function pageViewsOverTime() {
  const views = promql.total('rum_page_views_total', VISITOR, STEP, '$by');
  return lines(
    {
      title: 'Page views per second, by $by',
      description:
        'How many page views stand behind the percentiles beside it. The ten groups with the most page views in the time range.',
      unit: 'reqps',
    },
    [{ expr: promql.named(`${views} ${promql.busiest(10, '$by')}`, '$by'), legend: '{{group}}' }],
    { stack: true },
  );
}

export function vitalsOverTime(): Section {
  const [lcp, inp, cls, fcp, ttfb] = VITALS.map(overTime);
  if (!lcp || !inp || !cls || !fcp || !ttfb) throw new Error('five vitals are shown over time');
  return {
    title: 'Core Web Vitals over time, by $by',
    strips: [
      { height: 8, panels: [lcp, inp, cls] },
      { height: 8, panels: [fcp, ttfb, pageViewsOverTime()] },
    ],
  };
}

function vitalsTable(label: string, heading: string, rows: number) {
  const kept = promql.busiest(rows, label);
  const views: Column = {
    name: 'Page views',
    expr: `${promql.total('rum_page_views_total', VISITOR, RANGE, label)} ${kept}`,
    unit: 'short',
    decimals: 0,
  };
  const percentiles = VITALS.map((vital) => ({
    name: `${vital.name} p75`,
    expr: `(${promql.knownQuantile(0.75, vital.visitorMetric, VISITOR, RANGE, label)}) ${kept}`,
    unit: vital.unit,
    decimals: decimals(vital),
    thresholds: limits(vital.good, vital.poor),
  }));
  const count = promql.total(`${LCP.visitorMetric}_count`, VISITOR, RANGE, label);
  const share = (name: string, from: number, to: number): Column => ({
    name,
    expr: `${promql.between(from, to, LCP.visitorMetric, VISITOR, RANGE, label)} / (${count} > 0) ${kept}`,
    unit: 'percentunit',
    decimals: 1,
  });
  return table(
    {
      title: `Vitals by ${label}`,
      description: `The 75th percentiles over the time range, and the shares of page views whose LCP was good, needs work and was poor. The ${rows} with the most page views. An empty cell: no browser there measured it.`,
      unit: 'short',
    },
    { by: label, heading, sortBy: 'Page views' },
    [
      views,
      ...percentiles,
      { ...share('LCP good', 0, LCP.good), thresholds: floors(0.5, GOOD_SHARE) },
      share('LCP needs work', LCP.good, LCP.poor),
      share('LCP poor', LCP.poor, Infinity),
    ],
  );
}

export function vitalsByGroup(): Section {
  return {
    title: 'By device, channel and country',
    strips: [
      { height: 6, panels: [vitalsTable('device', 'Device', 4)] },
      { height: 9, panels: [vitalsTable('channel', 'Channel', 20)] },
      { height: 9, panels: [vitalsTable('country', 'Country', 20)] },
    ],
  };
}
