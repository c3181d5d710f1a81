/**
 * Runs every shipped query against a real Prometheus that holds planted visits. No query may be an error or
 * empty; the figures that people look at must be those that follow from the visits themselves.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Series, Span } from '../src/client.ts';
import { allQueries, type PanelQuery, type Query } from '../src/queries.ts';
import { EVERYTHING, substitute, timing, type Values } from '../src/substitute.ts';
import { EXPECTED, RANGE_SCRAPES } from './support/expected.ts';
import { LAST_SCRAPE, Prometheus, SCRAPE_SECONDS } from './support/prometheus.ts';
import { plantedSeries } from './support/series.ts';

/** Queries that are rightly empty on the planted data, each with its reason. */
const RIGHTLY_EMPTY: ReadonlyMap<string, string> = new Map([
  [
    'prometheus/alerts/graadmeter.yaml / GraadmeterNoBeacons',
    'the planted visits never stop; prometheus/tests/no-beacons.yaml shows it firing',
  ],
]);

const SPAN: Span = {
  start: LAST_SCRAPE - RANGE_SCRAPES * SCRAPE_SECONDS,
  end: LAST_SCRAPE,
  step: SCRAPE_SECONDS,
};
const TIMING = timing(SPAN.end - SPAN.start, SCRAPE_SECONDS);

/** What a viewer may have chosen. */
const CHOICES: Readonly<Record<string, Values>> = {
  'everything, by device': EVERYTHING,
  'everything, by country': { ...EVERYTHING, by: 'country' },
  'one choice of each, by channel': {
    job: 'graadmeter-collector|graadmeter-probe',
    instance: 'a:8788|p:8789',
    site: 'shop',
    device: 'mobile',
    channel: 'paid_search',
    country: 'NL',
    by: 'channel',
    least_views: '1',
  },
};

/** Sums of many floating-point numbers in another order. */
const TOLERANCE = 1e-9;

function near(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
}

/** `{{label}}` of a legend must be a label of every series, or the legend shows a gap. */
function checkLegend(query: PanelQuery, series: readonly Series[]): void {
  for (const [, label] of query.legend.matchAll(/\{\{(\w+)\}\}/g)) {
    for (const { labels } of series) {
      assert.ok(label !== undefined && label in labels, `no label ${label ?? ''} for the legend`);
    }
  }
}

void describe('shipped queries', () => {
  let prometheus: Prometheus | undefined;

  before(async () => {
    prometheus = await Prometheus.filledWith(plantedSeries());
  });
  after(async () => {
    await prometheus?.close();
  });

  async function answer(query: Query, values: Values): Promise<Series[]> {
    assert.ok(prometheus);
    const { client } = prometheus;
    const filled = { ...values, ...TIMING };
    if (query.kind === 'variable') {
      const found = await client.labelValues(query.label, substitute(query.selector, filled), SPAN);
      return found.map((value) => ({ labels: { [query.label]: value }, values: [1] }));
    }
    const expr = substitute(query.expr, filled);
    return query.kind === 'rule' || query.instant
      ? client.instant(expr, LAST_SCRAPE)
      : client.range(expr, SPAN);
  }

  for (const [choice, values] of Object.entries(CHOICES)) {
    void describe(choice, () => {
      for (const query of allQueries()) {
        void it(query.name, async () => {
          const series = await answer(query, values);
          const known = series.flatMap((one) => one.values).filter((value) => !Number.isNaN(value));
          const why = RIGHTLY_EMPTY.get(query.name);
          if (why !== undefined) assert.equal(known.length, 0, `no longer empty, though ${why}`);
          else assert.notEqual(known.length, 0, 'no series, or only NaN');
          if (query.kind === 'panel') checkLegend(query, series);
        });
      }
    });
  }

  void describe('planted truth', () => {
    for (const { name, where, by, expected } of EXPECTED) {
      void it(`${name}${where ? ` (${JSON.stringify(where)})` : ''}`, async () => {
        const query = allQueries().find((one) => one.name === name);
        assert.ok(query, `there is no query named ${name}`);
        const series = await answer(query, { ...EVERYTHING, ...where });
        // Every step of a range query must say the same: the planted visits arrive evenly.
        const key = (labels: Series['labels']): string =>
          by
            .split(' ')
            .map((label) => labels[label] ?? '')
            .join(' ');
        const found = new Map(series.map(({ labels, values }) => [key(labels), values] as const));
        assert.deepEqual([...found.keys()].sort(), Object.keys(expected).sort());
        for (const [group, figure] of Object.entries(expected)) {
          for (const value of found.get(group) ?? []) {
            assert.ok(near(value, figure), `${group}: Prometheus says ${value}, the visits say ${figure}`);
          }
        }
      });
    }
  });

  void it('lists no query as empty that does not exist', () => {
    const names = new Set(allQueries().map((query) => query.name));
    for (const name of RIGHTLY_EMPTY.keys()) assert.ok(names.has(name), name);
  });
});
