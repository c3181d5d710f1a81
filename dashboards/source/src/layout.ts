/** Puts panels on Grafana's grid of 24 columns, row by row, and numbers them. */
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
  type Dashboard,
  type Panel,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';

const COLUMNS = 24;

/** Panels side by side: all of one height, sharing the width equally. */
export interface Strip {
  readonly height: number;
  readonly panels: readonly Panel[];
}

/** A titled row of the dashboard. */
export interface Section {
  readonly title: string;
  readonly strips: readonly Strip[];
}

export interface Plan {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Builder<VariableModel>[];
  readonly sections: readonly Section[];
}

export function dashboard(plan: Plan): Dashboard {
  const builder = new DashboardBuilder(plan.title)
    .uid(plan.uid)
    .description(plan.description)
    .tags(['graadmeter'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-6h', to: 'now' })
    .refresh('1m')
    .version(1)
    .annotations([])
    .variables(plan.variables.map(withoutInterval))
    .link(links());
  let y = 0;
  let id = 1;
  for (const section of plan.sections) {
    builder.withRow(
      new RowBuilder(section.title).id(id++).gridPos({ h: 1, w: COLUMNS, x: 0, y }).collapsed(false),
    );
    y += 1;
    for (const strip of section.strips) {
      let x = 0;
      strip.panels.forEach((panel, index) => {
        const next = Math.round(((index + 1) * COLUMNS) / strip.panels.length);
        const placed = { ...panel, id: id++, gridPos: { h: strip.height, w: next - x, x, y } };
        builder.withPanel({ build: () => placed });
        x = next;
      });
      y += strip.height;
    }
  }
  return builder.build();
}

/** The SDK gives every variable the settings of interval variables, which the others do not have. */
function withoutInterval(variable: Builder<VariableModel>): Builder<VariableModel> {
  return {
    build: () => {
      const model = variable.build();
      delete model.auto;
      delete model.auto_min;
      delete model.auto_count;
      return model;
    },
  };
}

/** From one Graadmeter dashboard to the others, with the same choices and time range. */
function links(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('Graadmeter')
    .type(DashboardLinkType.Dashboards)
    .tags(['graadmeter'])
    .asDropdown(false)
    .includeVars(true)
    .keepTime(true);
}
