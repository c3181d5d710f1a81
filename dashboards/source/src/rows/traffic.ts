/** How many visits there were: the weight of every other figure. */
import type { Section } from '../layout.ts';
import { lines, stat } from '../panels.ts';
import * as promql from '../promql.ts';
import { RANGE, STEP, VISITOR } from '../promql.ts';

export function traffic(): Section {
  const views = promql.total('rum_page_views_total', VISITOR, RANGE);
  const sessions = promql.total('rum_sessions_total', VISITOR, RANGE);
  return {
    title: 'Traffic',
    strips: [
      {
        height: 7,
        panels: [
          stat(
            {
              title: 'Page views',
              description:
                'Page views reported in the time range. A sampled session counts for those it stands for.',
              unit: 'short',
              decimals: 0,
            },
            { expr: views, legend: 'page views' },
          ),
          stat(
            {
              title: 'Sessions',
              description: 'Visits that began in the time range, counted at their landing.',
              unit: 'short',
              decimals: 0,
            },
            { expr: sessions, legend: 'sessions' },
          ),
          stat(
            {
              title: 'Page views per session',
              description: 'Page views divided by sessions in the time range.',
              unit: 'none',
              decimals: 1,
            },
            { expr: `${views} / (${sessions} > 0)`, legend: 'page views per session' },
          ),
          lines(
            {
              title: 'Page views and sessions per second',
              description:
                'Page views and sessions over time. Sessions without page views, or the reverse, point to a broken tag.',
              unit: 'reqps',
            },
            [
              { expr: promql.total('rum_page_views_total', VISITOR, STEP), legend: 'page views' },
              { expr: promql.total('rum_sessions_total', VISITOR, STEP), legend: 'sessions' },
            ],
          ),
        ],
      },
    ],
  };
}
