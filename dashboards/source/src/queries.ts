/** Every PromQL query that is shipped: of panels, of variables, and of the recording and alerting rules. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import { parse } from 'yaml';
import { DASHBOARD_FILES, ROOT } from './files.ts';

export interface PanelQuery {
  readonly kind: 'panel';
  /** "dashboard uid / panel title / query letter". */
  readonly name: string;
  readonly expr: string;
  readonly instant: boolean;
  readonly legend: string;
}

export interface VariableQuery {
  readonly kind: 'variable';
  /** "dashboard uid / $variable". */
  readonly name: string;
  /** The values of this label … */
  readonly label: string;
  /** … on the series that this matches. */
  readonly selector: string;
}

export interface RuleQuery {
  readonly kind: 'rule';
  /** "file / recorded series or alert". */
  readonly name: string;
  readonly expr: string;
}

export type Query = PanelQuery | VariableQuery | RuleQuery;

export function panelsOf(dashboard: Dashboard): Panel[] {
  const isPanel = (panel: Panel | RowPanel): panel is Panel => panel.type !== 'row';
  return (dashboard.panels ?? []).filter(isPanel);
}

/** All our data sources are Prometheus, so that every target is a PromQL query. */
export function targetsOf(panel: Panel): dataquery[] {
  return (panel.targets ?? []) as dataquery[];
}

export function panelQueries(dashboard: Dashboard): PanelQuery[] {
  return panelsOf(dashboard).flatMap((panel) =>
    targetsOf(panel).map((target) => ({
      kind: 'panel' as const,
      name: `${dashboard.uid ?? ''} / ${panel.title ?? ''} / ${target.refId}`,
      expr: target.expr,
      instant: target.instant === true,
      legend: target.legendFormat ?? '',
    })),
  );
}

const LABEL_VALUES = /^label_values\((.+), (\w+)\)$/;

export function variableQueries(dashboard: Dashboard): VariableQuery[] {
  return (dashboard.templating.list ?? []).flatMap((variable) => {
    if ((variable.type as string) !== 'query') return [];
    const name = `${dashboard.uid ?? ''} / $${variable.name}`;
    const text = typeof variable.query === 'string' ? variable.query : '';
    const [, selector, label] = LABEL_VALUES.exec(text) ?? [];
    if (selector === undefined || label === undefined) {
      throw new Error(`${name}: not a label_values query: ${text}`);
    }
    return [{ kind: 'variable' as const, name, label, selector }];
  });
}

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly { readonly record?: string; readonly alert?: string; readonly expr: string }[];
  }[];
}

export const RULE_FILES: readonly string[] = ['prometheus/rules', 'prometheus/alerts'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => join(folder, file)),
);

export function ruleQueries(): RuleQuery[] {
  return RULE_FILES.flatMap((file) => {
    const { groups } = parse(readFileSync(join(ROOT, file), 'utf8')) as RuleFile;
    return groups
      .flatMap((group) => group.rules)
      .map((rule) => ({
        kind: 'rule' as const,
        name: `${file} / ${rule.record ?? rule.alert ?? ''}`,
        expr: rule.expr,
      }));
  });
}

export function allQueries(): Query[] {
  const dashboards = DASHBOARD_FILES.map((file) => file.build());
  return [...dashboards.flatMap(panelQueries), ...dashboards.flatMap(variableQueries), ...ruleQueries()];
}
