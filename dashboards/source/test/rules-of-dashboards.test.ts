/**
 * What Grafana's dashboard-linter asks of a dashboard (github.com/grafana/dashboard-linter, docs/index.md),
 * applied to every kind of panel instead of some, and what we ask beyond it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { DASHBOARD_FILES } from '../src/files.ts';
import { panelsOf, targetsOf } from '../src/queries.ts';
import { EVERYTHING, substitute } from '../src/substitute.ts';
import { VITALS } from '../src/vitals.ts';

/** The ids of Grafana's units that we use. */
const UNITS = ['s', 'none', 'short', 'percentunit', 'reqps'];

/** The newest schema of classic dashboards; from 42 on Grafana has another model. */
const NEWEST_CLASSIC_SCHEMA = 42;

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

interface Found {
  readonly metric: string;
  readonly matchers: string;
  readonly range: string | undefined;
  readonly fn: string | undefined;
}

/** The selectors of an expression, with the function that each range is handed to. */
function selectors(expr: string): Found[] {
  const pattern = /(?:(\w+)\()?\b([a-z_][a-z0-9_]*)\{([^}]*)\}(?:\[([^\]]+)\])?/g;
  return [...expr.matchAll(pattern)].map(([, fn, metric, matchers, range]) => ({
    metric: metric ?? '',
    matchers: matchers ?? '',
    range,
    fn,
  }));
}

function overlaps(a: Panel, b: Panel): boolean {
  const p = a.gridPos;
  const q = b.gridPos;
  assert.ok(p && q);
  return p.x < q.x + q.w && q.x < p.x + p.w && p.y < q.y + q.h && q.y < p.y + p.h;
}

function checkDashboard(dashboard: Dashboard): void {
  void it('has a stable uid, a description, and cannot be edited in place', () => {
    assert.match(dashboard.uid ?? '', /^graadmeter-[a-z]+$/);
    assert.ok(dashboard.description);
    assert.equal(dashboard.editable, false);
    assert.equal(dashboard.id, undefined);
    assert.ok(dashboard.schemaVersion <= NEWEST_CLASSIC_SCHEMA);
  });

  void it('lets the viewer choose, and refreshes the choices with the time range', () => {
    const variables = dashboard.templating.list ?? [];
    const names = variables.map((variable) => variable.name);
    assert.deepEqual(names.slice(0, 7), [
      'datasource',
      'job',
      'instance',
      'site',
      'device',
      'channel',
      'country',
    ]);
    assert.equal(variables[0]?.label, 'Data source');
    for (const variable of variables) {
      assert.ok(variable.label && variable.description, variable.name);
      if ((variable.type as string) !== 'query') continue;
      assert.equal(variable.refresh, 2, variable.name);
      assert.equal(variable.multi, true, variable.name);
      assert.equal(variable.includeAll, true, variable.name);
      assert.equal(variable.allValue, '.+', variable.name);
      assert.deepEqual(variable.datasource, DATASOURCE, variable.name);
    }
  });

  void it('numbers its panels and places them beside one another', () => {
    const all = dashboard.panels ?? [];
    assert.equal(new Set(all.map((panel) => panel.id)).size, all.length);
    const panels = panelsOf(dashboard);
    assert.equal(new Set(panels.map((panel) => panel.title)).size, panels.length);
    for (const [index, panel] of panels.entries()) {
      assert.ok(panel.gridPos && panel.gridPos.x + panel.gridPos.w <= 24, panel.title);
      for (const other of panels.slice(index + 1)) {
        assert.ok(!overlaps(panel, other), `${panel.title ?? ''} lies on ${other.title ?? ''}`);
      }
    }
  });
}

function checkPanel(panel: Panel): void {
  void it(`${panel.title ?? ''}: says what it shows, in which unit, against which limits`, () => {
    assert.ok(panel.title && panel.description);
    if (panel.type === 'text') return;
    assert.deepEqual(panel.datasource, DATASOURCE);
    assert.ok(UNITS.includes(panel.fieldConfig?.defaults.unit ?? ''));
    assert.ok((panel.fieldConfig?.defaults.thresholds?.steps ?? []).length > 0);
    assert.ok(targetsOf(panel).length > 0);
  });

  for (const target of targetsOf(panel)) {
    void it(`${panel.title ?? ''}: query ${target.refId} keeps the house rules`, () => {
      assert.deepEqual(target.datasource, DATASOURCE);
      const found = selectors(target.expr);
      assert.ok(found.length > 0, target.expr);
      assert.equal(found.length, target.expr.split('{').length - 1, 'a selector was not understood');
      for (const { metric, matchers, range, fn } of found) {
        assert.match(matchers, /\bjob=~"\$job"/, metric);
        assert.match(matchers, /\binstance=~"\$instance"/, metric);
        if (/_(total|bucket|sum|count)$/.test(metric)) {
          assert.ok(fn === 'rate' || fn === 'increase', `counter ${metric} without rate or increase`);
        }
        if (fn === 'rate') assert.equal(range, '$__rate_interval', metric);
        if (fn === 'increase') assert.equal(range, '$__range', metric);
      }
      assert.doesNotThrow(() =>
        substitute(target.expr, { ...EVERYTHING, __range: '1h', __rate_interval: '1m' }),
      );
    });
  }
}

for (const file of DASHBOARD_FILES) {
  const dashboard = file.build();
  void describe(dashboard.title ?? '', () => {
    checkDashboard(dashboard);
    for (const panel of panelsOf(dashboard)) checkPanel(panel);
  });
}

void describe('limits of the Core Web Vitals', () => {
  /** As published on web.dev/articles/vitals, in seconds (CLS: a score). */
  const PUBLISHED: Readonly<Record<string, readonly [number, number]>> = {
    LCP: [2.5, 4],
    INP: [0.2, 0.5],
    CLS: [0.1, 0.25],
    FCP: [1.8, 3],
    TTFB: [0.8, 1.8],
  };
  const overview = DASHBOARD_FILES.map((file) => file.build()).find(
    (one) => one.uid === 'graadmeter-overview',
  );

  for (const { name } of VITALS) {
    void it(name, () => {
      assert.ok(overview);
      const titles = [`${name} p75`, `${name} p75 over time, by $by`];
      const panels = panelsOf(overview).filter((panel) => titles.includes(panel.title ?? ''));
      assert.equal(panels.length, 2);
      for (const panel of panels) {
        const steps = panel.fieldConfig?.defaults.thresholds?.steps ?? [];
        assert.deepEqual(
          steps.map((step) => step.value),
          [null, ...(PUBLISHED[name] ?? [])],
        );
      }
    });
  }
});
