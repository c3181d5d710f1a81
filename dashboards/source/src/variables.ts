/**
 * The choices at the top of a dashboard. Each list is narrowed by the choices before it, and each
 * stands on "All" at first.
 */
import {
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { DATASOURCE } from './panels.ts';

type Variable = Builder<VariableModel>;

const ALL = { selected: true, text: ['All'], value: ['$__all'] };

function labelValues(name: string, label: string, description: string, selector: string): Variable {
  return new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(DATASOURCE)
    .query(`label_values(${selector}, ${name})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current(ALL);
}

/** A choice: what is shown, and what the queries get. */
type Choice = readonly [text: string, value: string];

/** The first choice is the one that a viewer starts with. */
function custom(name: string, label: string, description: string, choices: [Choice, ...Choice[]]): Variable {
  const [[text, value]] = choices;
  return new CustomVariableBuilder(name)
    .label(label)
    .description(description)
    .values(choices.map(([shown, stored]) => `${shown} : ${stored}`).join(','))
    .current({ selected: true, text, value })
    .options(choices.map(([shown, stored]) => ({ selected: shown === text, text: shown, value: stored })));
}

const SCRAPED = 'job=~"$job", instance=~"$instance"';

/** What both dashboards let the viewer choose. */
export function visitorVariables(): Variable[] {
  return [
    new DatasourceVariableBuilder('datasource')
      .label('Data source')
      .description('The Prometheus that scrapes the collector and the probe.')
      .type('prometheus'),
    labelValues('job', 'Job', 'The scrape jobs of collectors and probes.', 'graadmeter_build_info'),
    labelValues(
      'instance',
      'Instance',
      'Single collectors or probes; their histograms add up.',
      'graadmeter_build_info{job=~"$job"}',
    ),
    labelValues('site', 'Site', 'The webshop.', `rum_page_views_total{${SCRAPED}}`),
    labelValues(
      'device',
      'Device',
      'Mobile, tablet, desktop or other.',
      `rum_page_views_total{${SCRAPED}, site=~"$site"}`,
    ),
    labelValues(
      'channel',
      'Channel',
      'How the visitor came to the shop: the default channel grouping of Google Analytics 4.',
      `rum_page_views_total{${SCRAPED}, site=~"$site"}`,
    ),
    labelValues(
      'country',
      'Country',
      'ISO 3166-1 code of the visitor’s country, ZZ when unknown.',
      `rum_page_views_total{${SCRAPED}, site=~"$site"}`,
    ),
    custom('by', 'Graphs by', 'What the graphs over time are split by.', [
      ['Device', 'device'],
      ['Country', 'country'],
      ['Channel', 'channel'],
    ]),
  ];
}

/** How many measurements a page group needs before it is ranked: two slow views are no slow page. */
export function leastViews(): Variable {
  return custom('least_views', 'Least views', 'Page groups with fewer measured views are not ranked.', [
    ['20', '20'],
    ['1', '1'],
    ['100', '100'],
    ['1000', '1000'],
  ]);
}
