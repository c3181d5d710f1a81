/** What the probes see: a steady measurement beside the visitors' many-coloured one. */
import type { Section } from '../layout.ts';
import { floors, limits, lines, table } from '../panels.ts';
import * as promql from '../promql.ts';
import { PROBE, RANGE, STEP, VISITOR } from '../promql.ts';
import { TTFB } from '../vitals.ts';

const SUCCESS = 'graadmeter_probe_success';
const CHECK = 'site, check, region';

/** Shares of successful runs; below the first a check is down, below the second it flaps. */
const SUCCESS_LIMITS = floors(0.9, 0.99);

function success() {
  return lines(
    {
      title: 'Success by check and region',
      description:
        'The share of time in which the last run of a check had succeeded. One region low: its network or a nearby server. All regions low: the site.',
      unit: 'percentunit',
      thresholds: SUCCESS_LIMITS,
    },
    [
      {
        expr: `avg by (${CHECK}) (avg_over_time(${SUCCESS}{${PROBE}}[${STEP}]))`,
        legend: '{{site}} {{check}} {{region}}',
      },
    ],
    { max: 1 },
  );
}

function phases() {
  return lines(
    {
      title: 'Phases by check and region',
      description:
        'The mean duration of each phase of the runs that got the right answer: resolve (DNS), connect (TCP), tls, processing (until the first byte), transfer. Means add up to the whole check.',
      unit: 's',
    },
    [
      {
        expr: promql.mean('graadmeter_probe_phase_seconds', PROBE, STEP, `${CHECK}, phase`),
        legend: '{{site}} {{check}} {{region}} {{phase}}',
      },
    ],
    { stack: true },
  );
}

function checks() {
  return table(
    {
      title: 'Checks',
      description:
        'Each check over the time range, all regions taken together: how often its last run had succeeded, how many runs there were, and how long those with the right answer took (p75).',
      unit: 'short',
    },
    { by: 'check', heading: 'Check', sortBy: 'Runs' },
    [
      {
        name: 'Success',
        expr: `avg by (check) (avg_over_time(${SUCCESS}{${PROBE}}[${RANGE}]))`,
        unit: 'percentunit',
        decimals: 1,
        thresholds: SUCCESS_LIMITS,
      },
      {
        name: 'Runs',
        expr: promql.total('graadmeter_probe_checks_total', PROBE, RANGE, 'check'),
        unit: 'short',
        decimals: 0,
      },
      {
        name: 'Duration p75',
        expr: promql.knownQuantile(0.75, 'graadmeter_probe_duration_seconds', PROBE, RANGE, 'check'),
        unit: 's',
        decimals: 2,
      },
    ],
  );
}

function besideVisitors() {
  return lines(
    {
      title: 'TTFB p75: probes beside visitors',
      description:
        'Time to First Byte from the probes’ machines and for real visitors. Both rise: the server. Only the visitors’ rises: their networks, devices or a cache that the probes don’t pass.',
      unit: 's',
      thresholds: limits(TTFB.good, TTFB.poor),
    },
    [
      {
        expr: promql.quantile(0.75, 'synthetic_ttfb_seconds', PROBE, STEP, 'site, region'),
        legend: '{{site}} probe {{region}}',
      },
      {
        expr: promql.quantile(0.75, TTFB.visitorMetric, VISITOR, STEP, 'site'),
        legend: '{{site}} visitors',
      },
    ],
  );
}

export function probes(): Section {
  return {
    title: 'Probes',
    strips: [
      { height: 8, panels: [success(), phases()] },
      { height: 8, panels: [checks(), besideVisitors()] },
    ],
  };
}
