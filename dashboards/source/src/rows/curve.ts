/**
 * The conversion curve: of the sessions whose landing took so long, how many converted.
 * The exposure is the landing's speed because it is fixed before the outcome; the average over a whole
 * session is not (buyers view more pages, and later pages come from a warm cache).
 */
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Section } from '../layout.ts';
import { bars, note, table, type Column, type Query } from '../panels.ts';
import * as promql from '../promql.ts';
import { RANGE, VISITOR } from '../promql.ts';
import { LCP } from '../vitals.ts';

/** The same histogram over all sessions and over those that converted. */
interface Landing {
  readonly what: string;
  readonly sessions: string;
  readonly conversions: string;
}

const LANDING_LCP: Landing = {
  what: 'LCP of the landing',
  sessions: 'rum_session_landing_lcp_seconds',
  conversions: 'rum_conversion_landing_lcp_seconds',
};

const LANDING_LOAD: Landing = {
  what: 'load time of the landing',
  sessions: 'rum_session_landing_load_seconds',
  conversions: 'rum_conversion_landing_load_seconds',
};

/**
 * The bars' edges in seconds: every edge of the collector's histogram from 0.3 to 15 s. What lies
 * outside is too rare for a bar of its own and is taken together at either end.
 */
export const CURVE_EDGES: readonly number[] = [
  0,
  0.3,
  0.5,
  0.8,
  1,
  1.25,
  1.5,
  1.8,
  2,
  2.5,
  3,
  4,
  5,
  7.5,
  10,
  15,
  Infinity,
];

export const OBSERVATIONAL =
  'This is an observation, not a cause: slow landings also come from other devices, channels and countries, which buy less for reasons of their own. Compare within one device and channel, and believe a randomised variant first.';

function barName(from: number, to: number): string {
  if (from === 0) return `≤ ${to} s`;
  return to === Infinity ? `> ${from} s` : `${from}–${to} s`;
}

function perBar(expr: (from: number, to: number) => string): Query[] {
  return CURVE_EDGES.slice(1).map((to, index) => {
    const from = CURVE_EDGES[index] ?? 0;
    return { expr: expr(from, to), legend: barName(from, to) };
  });
}

/** A site that has sold nothing yet has no series of conversions: that is a rate of nought. */
function converted(landing: Landing, from: number, to: number): string {
  return `(${promql.between(from, to, landing.conversions, VISITOR, RANGE)} or vector(0))`;
}

function rate(landing: Landing, from: number, to: number): string {
  return `${converted(landing, from, to)} / ${promql.between(from, to, landing.sessions, VISITOR, RANGE)}`;
}

function curve(landing: Landing, title: string, repeat?: string): Panel {
  return bars(
    {
      title,
      description: `Of the sessions in each bucket of the ${landing.what}, the share that converted, counted once a session. No bar: no session there. ${OBSERVATIONAL}`,
      unit: 'percentunit',
      decimals: 1,
    },
    'converting sessions',
    perBar((from, to) => rate(landing, from, to)),
    repeat,
  );
}

function behind(landing: Landing): Panel[] {
  return [
    bars(
      {
        title: `Sessions by ${landing.what}`,
        description: 'How many sessions stand behind each bar of the curve: few sessions, little to believe.',
        unit: 'short',
        decimals: 0,
      },
      'sessions',
      perBar((from, to) => promql.between(from, to, landing.sessions, VISITOR, RANGE)),
    ),
    bars(
      {
        title: `Converting sessions by ${landing.what}`,
        description:
          'How many converting sessions stand behind each bar of the curve: the rate of a bar with fewer than ten is mostly chance.',
        unit: 'short',
        decimals: 0,
      },
      'converting sessions',
      perBar((from, to) => converted(landing, from, to)),
    ),
  ];
}

export function curves(): Section {
  return {
    title: 'Speed of the landing and conversion',
    strips: [
      {
        height: 4,
        panels: [
          note(
            'How to read the curve',
            'What the conversion curve shows and what it does not.',
            `**Exposure is the speed of the landing page**, fixed before anyone decides to buy. ${OBSERVATIONAL} The effect adjusted for device, channel and country, with its interval, is what the collector's \`/api/v1/conversion\` answers.`,
          ),
        ],
      },
      { height: 10, panels: [curve(LANDING_LCP, 'Conversion by LCP of the landing')] },
      { height: 7, panels: behind(LANDING_LCP) },
    ],
  };
}

export function curvesByDevice(): Section {
  return {
    title: 'The curve on each device',
    strips: [
      {
        height: 9,
        panels: [curve(LANDING_LCP, 'Conversion by LCP of the landing, $device', 'device')],
      },
    ],
  };
}

/** For browsers that do not report LCP. */
export function loadCurve(): Section {
  return {
    title: 'By load time, for browsers without LCP',
    strips: [
      { height: 9, panels: [curve(LANDING_LOAD, 'Conversion by load time of the landing')] },
      { height: 7, panels: behind(LANDING_LOAD) },
    ],
  };
}

const BANDS = [
  ['good', 0, LCP.good],
  ['needs work', LCP.good, LCP.poor],
  ['poor', LCP.poor, Infinity],
] as const;

function bandTable(label: string, heading: string, rows: number): Panel {
  const kept = promql.busiest(rows, label);
  const { sessions, conversions } = LANDING_LCP;
  const inBand = (metric: string, from: number, to: number): string =>
    promql.between(from, to, metric, VISITOR, RANGE, label);
  const visits = promql.total('rum_sessions_total', VISITOR, RANGE, label);
  const none = `0 * ${visits}`;
  const columns: Column[] = [
    { name: 'Sessions', expr: `${visits} ${kept}`, unit: 'short', decimals: 0 },
    {
      name: 'Conversions',
      expr: `(${promql.total('rum_conversions_total', VISITOR, RANGE, label)} or ${none}) ${kept}`,
      unit: 'short',
      decimals: 0,
    },
    {
      name: 'Conversion rate',
      expr: `(${promql.total('rum_conversions_total', VISITOR, RANGE, label)} or ${none}) / (${visits} > 0) ${kept}`,
      unit: 'percentunit',
      decimals: 2,
    },
    ...BANDS.map(([band, from, to]) => ({
      name: `Rate, ${band}`,
      expr: `(${inBand(conversions, from, to)} or ${none}) / (${inBand(sessions, from, to)} > 0) ${kept}`,
      unit: 'percentunit' as const,
      decimals: 2,
    })),
    ...BANDS.map(([band, from, to]) => ({
      name: `Sessions, ${band}`,
      expr: `${inBand(sessions, from, to)} ${kept}`,
      unit: 'short' as const,
      decimals: 0,
    })),
  ];
  return table(
    {
      title: `Conversion by ${label} and speed of the landing`,
      description: `Conversion within one ${label} at a time, for landings with good, needs-work and poor LCP: a fairer comparison than the curve over everything. The ${rows} with the most page views. ${OBSERVATIONAL}`,
      unit: 'short',
    },
    { by: label, heading, sortBy: 'Sessions' },
    columns,
  );
}

export function conversionByGroup(): Section {
  return {
    title: 'By device, channel and country',
    strips: [
      { height: 6, panels: [bandTable('device', 'Device', 4)] },
      { height: 9, panels: [bandTable('channel', 'Channel', 20)] },
      { height: 9, panels: [bandTable('country', 'Country', 20)] },
    ],
  };
}
