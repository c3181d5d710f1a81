/** Sessions, conversions and their value: the totals, and over time. */
import type { Section } from '../layout.ts';
import { lines, stat } from '../panels.ts';
import * as promql from '../promql.ts';
import { RANGE, STEP, VISITOR } from '../promql.ts';

const SESSIONS = 'rum_sessions_total';
const CONVERSIONS = 'rum_conversions_total';
const VALUE = 'rum_conversion_value_total';

/** Sales are rare events: a finer step would show noise. */
const MIN_STEP = '5m';

const RATE_MEANING =
  'Conversions divided by sessions. A session that orders twice counts twice here, and once in the curve below.';

export function salesTotals(): Section {
  const sessions = promql.total(SESSIONS, VISITOR, RANGE);
  const conversions = `(${promql.total(CONVERSIONS, VISITOR, RANGE)} or vector(0))`;
  return {
    title: 'Sessions and conversions',
    strips: [
      {
        height: 5,
        panels: [
          stat(
            {
              title: 'Sessions',
              description: 'Visits that began in the time range.',
              unit: 'short',
              decimals: 0,
            },
            { expr: sessions, legend: 'sessions' },
          ),
          stat(
            {
              title: 'Conversions',
              description: 'Orders in the time range, each counted once.',
              unit: 'short',
              decimals: 0,
            },
            { expr: conversions, legend: 'conversions' },
          ),
          stat(
            { title: 'Conversion rate', description: RATE_MEANING, unit: 'percentunit', decimals: 2 },
            { expr: `${conversions} / (${sessions} > 0)`, legend: 'conversion rate' },
          ),
          stat(
            {
              title: 'Value by currency',
              description:
                'The value of the conversions in the time range, each currency by itself; XXX where the shop named none.',
              unit: 'short',
              decimals: 2,
            },
            { expr: promql.total(VALUE, VISITOR, RANGE, 'currency'), legend: '{{currency}}' },
          ),
        ],
      },
    ],
  };
}

function byGroup(expr: string) {
  return [{ expr: promql.named(`${expr} ${promql.busiest(10, '$by')}`, '$by'), legend: '{{group}}' }];
}

export function salesOverTime(): Section {
  const sessions = promql.total(SESSIONS, VISITOR, STEP, '$by');
  const conversions = promql.total(CONVERSIONS, VISITOR, STEP, '$by');
  const busy = 'The ten groups with the most page views in the time range.';
  return {
    title: 'Over time, by $by',
    strips: [
      {
        height: 8,
        panels: [
          lines(
            {
              title: 'Sessions per second, by $by',
              description: `Visits that began. ${busy}`,
              unit: 'reqps',
            },
            byGroup(sessions),
            { stack: true, minStep: MIN_STEP },
          ),
          lines(
            {
              title: 'Conversion rate, by $by',
              description: `${RATE_MEANING} ${busy}`,
              unit: 'percentunit',
            },
            byGroup(`${conversions} / (${sessions} > 0)`),
            { minStep: MIN_STEP },
          ),
          lines(
            {
              title: 'Value per hour, by currency',
              description: 'The value of the conversions, projected to an hour, each currency by itself.',
              unit: 'short',
            },
            [
              {
                expr: `3600 * ${promql.total(VALUE, VISITOR, STEP, 'currency')}`,
                legend: '{{currency}}',
              },
            ],
            { minStep: MIN_STEP },
          ),
        ],
      },
    ],
  };
}
