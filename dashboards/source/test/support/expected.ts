/**
 * What the important queries must answer, computed from the planted visits and nothing else: by counting,
 * filtering and sorting them, never by asking Prometheus.
 */
import { CURVE_EDGES } from '../../src/rows/curve.ts';
import { VITALS, type Vital } from '../../src/vitals.ts';
import type { Values } from '../../src/substitute.ts';
import { histogramQuantile } from './buckets.ts';
import { CHECKS, HANDLING, OUTCOMES, duration, measured } from './series.ts';
import { VISITS, type Visit } from './visits.ts';

/** The time range that is asked for, in scrapes; the visits arrive anew at each. */
export const RANGE_SCRAPES = 30;

export interface Expectation {
  /** As in src/queries.ts. */
  readonly name: string;
  /** Choices other than "All". */
  readonly where?: Values;
  /** The labels that tell the series apart, with spaces between; empty for a single figure. */
  readonly by: string;
  readonly expected: Readonly<Record<string, number>>;
}

const MEASURES: Readonly<Record<string, (visit: Visit) => number | undefined>> = {
  LCP: (visit) => visit.lcp,
  INP: (visit) => visit.inp,
  CLS: (visit) => visit.cls,
  FCP: (visit) => visit.fcp,
  TTFB: (visit) => visit.ttfb,
};

function measure(vital: Vital, visits: readonly Visit[]): number[] {
  const of = MEASURES[vital.name];
  if (of === undefined) throw new Error(`no visit has ${vital.name}`);
  return measured(visits, of);
}

function only(where: Partial<Visit>): Visit[] {
  return VISITS.filter((visit) =>
    Object.entries(where).every(([key, value]) => visit[key as keyof Visit] === value),
  );
}

function groups(key: 'device' | 'channel' | 'country' | 'page', visits = VISITS): Map<string, Visit[]> {
  return new Map(
    [...new Set(visits.map((visit) => visit[key]))].map((value) => [
      value,
      visits.filter((visit) => visit[key] === value),
    ]),
  );
}

function each(
  key: 'device' | 'channel' | 'country' | 'page',
  figure: (visits: Visit[]) => number,
  visits = VISITS,
): Record<string, number> {
  return Object.fromEntries([...groups(key, visits)].map(([value, list]) => [value, figure(list)]));
}

function share(values: readonly number[], from: number, to: number): number {
  return values.filter((value) => value > from && value <= to).length / values.length;
}

const sessionsOf = (visits: readonly Visit[]): Visit[] => visits.filter((visit) => visit.landing);
const buyersOf = (visits: readonly Visit[]): Visit[] => visits.filter((visit) => visit.orders.length > 0);
const ordersOf = (visits: readonly Visit[]): number => visits.flatMap((visit) => visit.orders).length;

/** Below every value: a score of nought belongs to the first band. */
const NOTHING = -1;

function vitals(): Expectation[] {
  const phone: Values = { site: 'shop', device: 'mobile', channel: 'paid_search', country: 'NL' };
  return VITALS.flatMap((vital) => {
    const p75 = (visits: readonly Visit[]): number =>
      histogramQuantile(0.75, measure(vital, visits), vital.visitorMetric);
    const all = measure(vital, VISITS);
    const stat = `graadmeter-overview / ${vital.name} p75 / A`;
    const over = `graadmeter-overview / ${vital.name} p75 over time, by $by / A`;
    const bands = `graadmeter-overview / ${vital.name}: good, needs work, poor`;
    const column = 'BCDEF'[VITALS.indexOf(vital)] ?? '';
    return [
      { name: stat, by: '', expected: { '': p75(VISITS) } },
      { name: stat, where: phone, by: '', expected: { '': p75(only(phone)) } },
      { name: over, by: 'group', expected: each('device', p75) },
      { name: over, where: { by: 'country' }, by: 'group', expected: each('country', p75) },
      { name: over, where: { by: 'channel' }, by: 'group', expected: each('channel', p75) },
      { name: `${bands} / A`, by: '', expected: { '': share(all, NOTHING, vital.good) } },
      { name: `${bands} / B`, by: '', expected: { '': share(all, vital.good, vital.poor) } },
      { name: `${bands} / C`, by: '', expected: { '': share(all, vital.poor, Infinity) } },
      ...(['device', 'channel', 'country'] as const).map((label) => ({
        name: `graadmeter-overview / Vitals by ${label} / ${column}`,
        by: label,
        expected: each(label, p75),
      })),
    ];
  });
}

function traffic(): Expectation[] {
  const sessions = sessionsOf(VISITS).length;
  return [
    {
      name: 'graadmeter-overview / Page views / A',
      by: '',
      expected: { '': VISITS.length * RANGE_SCRAPES },
    },
    {
      name: 'graadmeter-overview / Page views / A',
      where: { site: 'other' },
      by: '',
      expected: { '': only({ site: 'other' }).length * RANGE_SCRAPES },
    },
    { name: 'graadmeter-overview / Sessions / A', by: '', expected: { '': sessions * RANGE_SCRAPES } },
    {
      name: 'graadmeter-overview / Page views per session / A',
      by: '',
      expected: { '': VISITS.length / sessions },
    },
    {
      name: 'graadmeter-overview / Vitals by country / A',
      by: 'country',
      expected: each('country', (visits) => visits.length * RANGE_SCRAPES),
    },
  ];
}

function pages(): Expectation[] {
  const lcp = (visits: Visit[]): number[] => measured(visits, (visit) => visit.lcp);
  const phase = (name: string) => (visits: Visit[]) =>
    visits.reduce((sum, visit) => sum + (visit.phases[name] ?? NaN), 0) / visits.length;
  const small = each('page', (visits) => lcp(visits).length * RANGE_SCRAPES, only({ site: 'other' }));
  const most = Math.max(...Object.values(small));
  return [
    {
      name: 'graadmeter-overview / Slowest page groups / A',
      by: 'page',
      expected: each('page', (visits) => lcp(visits).length * RANGE_SCRAPES),
    },
    {
      name: 'graadmeter-overview / Slowest page groups / B',
      by: 'page',
      expected: each('page', (visits) => histogramQuantile(0.75, lcp(visits), 'rum_page_lcp_seconds')),
    },
    {
      // As many views as only the most viewed page group of the small site has.
      name: 'graadmeter-overview / Slowest page groups / A',
      where: { site: 'other', least_views: String(most) },
      by: 'page',
      expected: Object.fromEntries(Object.entries(small).filter(([, count]) => count >= most)),
    },
    ...['redirect', 'dns', 'connect', 'tls', 'wait', 'response'].map((name, index) => ({
      name: `graadmeter-overview / Phases of the slowest page groups / ${'ABCDEF'[index] ?? ''}`,
      by: 'page',
      expected: each('page', phase(name)),
    })),
  ];
}

function quality(): Expectation[] {
  const counts = Object.entries(OUTCOMES).map(([outcome, each]) => [outcome, Number(each)] as const);
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  const fine = ['accepted', 'duplicate', 'bot'];
  const refused = counts
    .filter(([outcome]) => !fine.includes(outcome))
    .reduce((sum, [, count]) => sum + count, 0);
  const handling = 'graadmeter-overview / Time to handle a beacon';
  const metric = 'graadmeter_beacon_handling_seconds';
  return [
    { name: 'graadmeter-overview / Beacons refused / A', by: '', expected: { '': refused / all } },
    {
      name: 'graadmeter-overview / Beacons by outcome / A',
      by: 'outcome',
      // Two collectors, one scrape a minute.
      expected: Object.fromEntries(counts.map(([outcome, count]) => [outcome, (2 * count) / 60])),
    },
    { name: `${handling} / A`, by: '', expected: { '': histogramQuantile(0.5, HANDLING, metric) } },
    { name: `${handling} / B`, by: '', expected: { '': histogramQuantile(0.99, HANDLING, metric) } },
  ];
}

function probes(): Expectation[] {
  const durations = (check: string): number[] =>
    CHECKS.filter((planted) => planted.check === check).map(duration);
  const p75 = (check: string): number =>
    histogramQuantile(0.75, durations(check), 'graadmeter_probe_duration_seconds');
  return [
    {
      name: 'graadmeter-overview / Success by check and region / A',
      by: 'check region',
      expected: Object.fromEntries(
        CHECKS.map(({ check, region, success }) => [`${check} ${region}`, success ? 1 : 0]),
      ),
    },
    {
      name: 'graadmeter-overview / Phases by check and region / A',
      by: 'check region phase',
      expected: Object.fromEntries(
        CHECKS.flatMap(({ check, region, phases }) =>
          Object.entries(phases).map(([phase, seconds]) => [`${check} ${region} ${phase}`, seconds]),
        ),
      ),
    },
    // One of the two regions of "home" fails, and the only one of "checkout".
    { name: 'graadmeter-overview / Checks / A', by: 'check', expected: { home: 0.5, checkout: 0 } },
    {
      name: 'graadmeter-overview / Checks / B',
      by: 'check',
      expected: { home: 2 * RANGE_SCRAPES, checkout: RANGE_SCRAPES },
    },
    {
      name: 'graadmeter-overview / Checks / C',
      by: 'check',
      expected: { home: p75('home'), checkout: p75('checkout') },
    },
  ];
}

function conversions(): Expectation[] {
  const rate = (visits: readonly Visit[]): number => ordersOf(visits) / sessionsOf(visits).length;
  const value = (currency: string): number =>
    VISITS.flatMap((visit) => visit.orders)
      .filter((order) => order.currency === currency)
      .reduce((sum, order) => sum + order.value, 0);
  const values = { EUR: value('EUR') * RANGE_SCRAPES, GBP: value('GBP') * RANGE_SCRAPES };
  const hourly = { EUR: value('EUR') * 60, GBP: value('GBP') * 60 };
  const board = 'graadmeter-conversion';
  return [
    {
      name: `${board} / Conversions / A`,
      by: '',
      expected: { '': ordersOf(VISITS) * RANGE_SCRAPES },
    },
    { name: `${board} / Conversion rate / A`, by: '', expected: { '': rate(VISITS) } },
    { name: `${board} / Conversion rate, by $by / A`, by: 'group', expected: each('device', rate) },
    { name: `${board} / Value by currency / A`, by: 'currency', expected: values },
    { name: `${board} / Value per hour, by currency / A`, by: 'currency', expected: hourly },
  ];
}

/** Converting sessions over sessions among landings with a measured vital in (from, to]. */
function curveRate(visits: readonly Visit[], vital: 'lcp' | 'load', from: number, to: number): number {
  const inBucket = (list: readonly Visit[]): number =>
    measured(list, (visit) => visit[vital]).filter((value) => value > from && value <= to).length;
  return inBucket(buyersOf(visits)) / inBucket(sessionsOf(visits));
}

function curves(): Expectation[] {
  const board = 'graadmeter-conversion';
  const phones: Values = { device: 'mobile' };
  const bars = CURVE_EDGES.slice(1).flatMap((to, index) => {
    const from = CURVE_EDGES[index] ?? NaN;
    const letter = String.fromCharCode('A'.charCodeAt(0) + index);
    const landings = measured(sessionsOf(VISITS), (visit) => visit.lcp);
    return [
      {
        name: `${board} / Conversion by LCP of the landing / ${letter}`,
        by: '',
        expected: { '': curveRate(VISITS, 'lcp', from, to) },
      },
      {
        name: `${board} / Conversion by LCP of the landing, $device / ${letter}`,
        where: phones,
        by: '',
        expected: { '': curveRate(only({ device: 'mobile' }), 'lcp', from, to) },
      },
      {
        name: `${board} / Conversion by load time of the landing / ${letter}`,
        by: '',
        expected: { '': curveRate(VISITS, 'load', from, to) },
      },
      {
        name: `${board} / Sessions by LCP of the landing / ${letter}`,
        by: '',
        expected: { '': landings.filter((value) => value > from && value <= to).length * RANGE_SCRAPES },
      },
    ];
  });
  const bands = [
    ['D', 0, 2.5],
    ['E', 2.5, 4],
    ['F', 4, Infinity],
  ] as const;
  const tables = (['device', 'channel', 'country'] as const).flatMap((label) =>
    bands.map(([letter, from, to]) => ({
      name: `${board} / Conversion by ${label} and speed of the landing / ${letter}`,
      by: label,
      expected: each(label, (visits) => curveRate(visits, 'lcp', from, to)),
    })),
  );
  return [...bars, ...tables];
}

export const EXPECTED: readonly Expectation[] = [
  ...vitals(),
  ...traffic(),
  ...pages(),
  ...quality(),
  ...probes(),
  ...conversions(),
  ...curves(),
];
