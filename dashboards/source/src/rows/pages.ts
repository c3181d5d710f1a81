/** The slowest page groups, and in which phase of the navigation their time goes. */
import type { Section } from '../layout.ts';
import { limits, stackedBars, table } from '../panels.ts';
import * as promql from '../promql.ts';
import { PAGE, RANGE } from '../promql.ts';
import { LCP, VITALS } from '../vitals.ts';

const RANKED = 10;

/** Successive phases of a navigation (Navigation Timing); they add up to the end of the document. */
const PHASES = [
  ['redirect', 'Redirects'],
  ['dns', 'DNS'],
  ['connect', 'TCP connect'],
  ['tls', 'TLS'],
  ['wait', 'Waiting for the first byte'],
  ['response', 'Receiving the document'],
] as const;

/** Moments counted from the start of the navigation: they contain one another and don't add up. */
const MOMENTS = [
  ['dom_interactive', 'DOM interactive'],
  ['dom_content_loaded', 'DOM content loaded'],
  ['load', 'Load'],
] as const;

/** Keeps the page groups with the highest LCP p75 among those with enough measured views. */
function slowest(): string {
  const p75 = promql.quantile(0.75, LCP.pageMetric, PAGE, RANGE, 'page');
  const views = promql.total(`${LCP.pageMetric}_count`, PAGE, RANGE, 'page');
  return `and on (page) topk(${RANKED}, ${p75} and on (page) (${views} >= $least_views))`;
}

const SCOPE = `The ${RANKED} page groups with the highest LCP p75 in the time range that have at least "Least views" measured views. Page groups are not split by channel and country.`;

function ranking() {
  const kept = slowest();
  return table(
    {
      title: 'Slowest page groups',
      description: `${SCOPE} The percentiles are p75; DOM interactive, DOM content loaded and load are moments since the start of the navigation.`,
      unit: 's',
    },
    { by: 'page', heading: 'Page group', sortBy: 'LCP' },
    [
      {
        name: 'Views with LCP',
        expr: `${promql.total(`${LCP.pageMetric}_count`, PAGE, RANGE, 'page')} ${kept}`,
        unit: 'short',
        decimals: 0,
      },
      ...VITALS.map((vital) => ({
        name: vital.name,
        expr: `(${promql.knownQuantile(0.75, vital.pageMetric, PAGE, RANGE, 'page')}) ${kept}`,
        unit: vital.unit,
        decimals: vital.unit === 's' ? 2 : 3,
        thresholds: limits(vital.good, vital.poor),
      })),
      ...MOMENTS.map(([moment, name]) => ({
        name,
        expr: `(${promql.knownQuantile(0.75, `rum_page_${moment}_seconds`, PAGE, RANGE, 'page')}) ${kept}`,
        unit: 's' as const,
        decimals: 2,
      })),
    ],
  );
}

function phases() {
  const kept = slowest();
  return stackedBars(
    {
      title: 'Phases of the slowest page groups',
      description: `${SCOPE} The mean duration of each phase up to the end of the document: means add up, percentiles would not. Much waiting: look at the server. Much receiving: at the document's size. Much before: at redirects and connection.`,
      unit: 's',
      decimals: 2,
    },
    'page',
    'Page group',
    PHASES.map(([phase, name]) => ({
      name,
      expr: `${promql.mean(`rum_page_${phase}_seconds`, PAGE, RANGE, 'page')} ${kept}`,
    })),
  );
}

export function slowestPages(): Section {
  return {
    title: 'Slowest page groups',
    strips: [
      { height: 9, panels: [ranking()] },
      { height: 9, panels: [phases()] },
    ],
  };
}
