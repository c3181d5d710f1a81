/** Turns the planted visits, and some planted probes and counters, into the series that would be scraped. */
import { edgesOf } from './buckets.ts';
import { VISITS, type Visit } from './visits.ts';

export type Labels = Readonly<Record<string, string>>;

export interface PlantedSeries {
  readonly name: string;
  readonly labels: Labels;
  /** The value at the k-th scrape. */
  readonly at: (k: number) => number;
}

const COLLECTOR = 'graadmeter-collector';
const PROBE = { job: 'graadmeter-probe', instance: 'p:8789' };

/** A counter that grows by the same amount at every scrape. */
function counter(name: string, labels: Labels, each: number): PlantedSeries {
  return { name, labels, at: (k) => k * each };
}

function gauge(name: string, labels: Labels, at: (k: number) => number): PlantedSeries {
  return { name, labels, at };
}

function histogram(name: string, labels: Labels, values: readonly number[]): PlantedSeries[] {
  const bucket = (le: string, edge: number): PlantedSeries =>
    counter(`${name}_bucket`, { ...labels, le }, values.filter((value) => value <= edge).length);
  return [
    ...edgesOf(name).map((edge) => bucket(String(edge), edge)),
    bucket('+Inf', Infinity),
    counter(
      `${name}_sum`,
      labels,
      values.reduce((sum, value) => sum + value, 0),
    ),
    counter(`${name}_count`, labels, values.length),
  ];
}

/** What a cell is made of. */
type Place = 'instance' | 'site' | 'device' | 'channel' | 'country' | 'page';

/** Groups by labels, in order of first appearance. */
function cells(visits: readonly Visit[], keys: readonly Place[]): [Labels, Visit[]][] {
  const groups = new Map<string, [Labels, Visit[]]>();
  for (const visit of visits) {
    const labels = { job: COLLECTOR, ...Object.fromEntries(keys.map((key) => [key, visit[key]])) };
    const key = JSON.stringify(labels);
    const group: [Labels, Visit[]] = groups.get(key) ?? [labels, []];
    group[1].push(visit);
    groups.set(key, group);
  }
  return [...groups.values()];
}

type Measure = (visit: Visit) => number | undefined;

const VITALS: Readonly<Record<string, Measure>> = {
  lcp_seconds: (visit) => visit.lcp,
  inp_seconds: (visit) => visit.inp,
  cls_score: (visit) => visit.cls,
  fcp_seconds: (visit) => visit.fcp,
  ttfb_seconds: (visit) => visit.ttfb,
  load_seconds: (visit) => visit.load,
};

export function measured(visits: readonly Visit[], measure: Measure): number[] {
  return visits.map(measure).filter((value) => value !== undefined);
}

function visitorView(): PlantedSeries[] {
  return cells(VISITS, ['instance', 'site', 'device', 'channel', 'country']).flatMap(([labels, visits]) => {
    const sessions = visits.filter((visit) => visit.landing);
    const buyers = sessions.filter((visit) => visit.orders.length > 0);
    const orders = buyers.flatMap((visit) => visit.orders);
    const value = (currency: string): number =>
      orders.filter((order) => order.currency === currency).reduce((sum, order) => sum + order.value, 0);
    return [
      ...Object.entries(VITALS).flatMap(([suffix, measure]) =>
        histogram(`rum_${suffix}`, labels, measured(visits, measure)),
      ),
      counter('rum_page_views_total', labels, visits.length),
      counter('rum_sessions_total', labels, sessions.length),
      counter('rum_conversions_total', labels, orders.length),
      ...[...new Set(orders.map((order) => order.currency))].map((currency) =>
        counter('rum_conversion_value_total', { ...labels, currency }, value(currency)),
      ),
      ...(['lcp', 'load'] as const).flatMap((vital) => [
        ...histogram(
          `rum_session_landing_${vital}_seconds`,
          labels,
          measured(sessions, (visit) => visit[vital]),
        ),
        ...histogram(
          `rum_conversion_landing_${vital}_seconds`,
          labels,
          measured(buyers, (visit) => visit[vital]),
        ),
      ]),
    ];
  });
}

function pageView(): PlantedSeries[] {
  return cells(VISITS, ['instance', 'site', 'device', 'page']).flatMap(([labels, visits]) => [
    ...Object.entries(VITALS).flatMap(([suffix, measure]) =>
      histogram(`rum_page_${suffix}`, labels, measured(visits, measure)),
    ),
    ...Object.keys(visits[0]?.phases ?? {}).flatMap((phase) =>
      histogram(
        `rum_page_${phase}_seconds`,
        labels,
        measured(visits, (visit) => visit.phases[phase]),
      ),
    ),
  ]);
}

/** Beacons that arrive between two scrapes, by outcome. */
export const OUTCOMES: Labels = {
  accepted: '6000',
  duplicate: '40',
  bot: '300',
  invalid: '20',
  unknown_site: '5',
  origin_not_allowed: '5',
  not_found: '2',
  method_not_allowed: '1',
  timeout: '1',
  too_large: '2',
  unsupported_media_type: '1',
  limited: '10',
  overloaded: '3',
};

/** Seconds in the collector, for each beacon between two scrapes of each collector. */
export const HANDLING: readonly number[] = [
  ...Array.from({ length: 85 }, () => 0.00003),
  ...Array.from({ length: 13 }, () => 0.0002),
  0.004,
  0.0045,
];

function collectors(): PlantedSeries[] {
  return ['a:8788', 'b:8788'].flatMap((instance) => {
    const own = { job: COLLECTOR, instance };
    return [
      gauge('graadmeter_build_info', { ...own, version: '0.1.0' }, () => 1),
      ...Object.entries(OUTCOMES).map(([outcome, each]) =>
        counter('graadmeter_beacons_total', { ...own, outcome }, Number(each)),
      ),
      counter('graadmeter_values_left_out_total', { ...own, key: 'vitals.lcp' }, 3),
      gauge('graadmeter_cells', own, () => 42),
      counter('graadmeter_cells_overflowed_total', { ...own, view: 'page' }, 6),
      ...histogram('graadmeter_beacon_handling_seconds', own, HANDLING),
    ];
  });
}

export interface PlantedCheck {
  readonly check: string;
  readonly region: string;
  /** Whether its runs succeed. */
  readonly success: boolean;
  /** Seconds of each phase, the same in every run. */
  readonly phases: Readonly<Record<string, number>>;
}

export const CHECKS: readonly PlantedCheck[] = [
  {
    check: 'home',
    region: 'eu-west',
    success: true,
    phases: { resolve: 0.004, connect: 0.01, tls: 0.02, processing: 0.09, transfer: 0.03 },
  },
  {
    check: 'home',
    region: 'us-east',
    success: false,
    phases: { resolve: 0.006, connect: 0.08, tls: 0.16, processing: 0.18, transfer: 0.09 },
  },
  {
    check: 'checkout',
    region: 'eu-west',
    success: false,
    phases: { resolve: 0.004, connect: 0.01, tls: 0.02, processing: 4, transfer: 0.03 },
  },
];

export function duration(check: PlantedCheck): number {
  return Object.values(check.phases).reduce((sum, seconds) => sum + seconds, 0);
}

function probes(): PlantedSeries[] {
  const checks = CHECKS.flatMap((planted) => {
    const where = { site: 'shop', check: planted.check, region: planted.region };
    const own = { ...PROBE, ...where };
    const atCollector = { job: COLLECTOR, instance: 'a:8788', ...where, device: 'desktop' };
    const ttfb = duration(planted) - (planted.phases.transfer ?? 0);
    return [
      gauge('graadmeter_probe_success', own, () => (planted.success ? 1 : 0)),
      counter('graadmeter_probe_checks_total', { ...own, outcome: 'ran' }, 1),
      ...Object.entries(planted.phases).flatMap(([phase, seconds]) =>
        histogram('graadmeter_probe_phase_seconds', { ...own, phase }, [seconds]),
      ),
      ...histogram('graadmeter_probe_duration_seconds', own, [duration(planted)]),
      ...histogram('synthetic_ttfb_seconds', atCollector, [ttfb]),
    ];
  });
  return [gauge('graadmeter_build_info', { ...PROBE, version: '0.1.0' }, () => 1), ...checks];
}

export function plantedSeries(): PlantedSeries[] {
  return [...visitorView(), ...pageView(), ...collectors(), ...probes()];
}
