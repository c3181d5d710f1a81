/** The type of a dashboard's JSON, put together from @grafana/schema: each kind of panel with its own options. */
import type { Dashboard, FieldConfig, FieldConfigSource, Panel, RowPanel } from '@grafana/schema';
import type * as barchart from '@grafana/schema/dist/esm/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen.d.ts';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.d.ts';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.d.ts';
import type * as text from '@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen.d.ts';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts';

/** In JSON an enum's member is its value. */
type Plain<T> = T extends string
  ? `${T}`
  : T extends number | boolean | null | undefined
    ? T
    : { [K in keyof T]: Plain<T[K]> };

interface Target {
  refId: string;
  datasource: { type: string; uid: string };
  expr: string;
  instant?: boolean;
  range?: boolean;
  format?: 'time_series' | 'table' | 'heatmap';
  legendFormat?: string;
}

type FieldSource<Custom> = Omit<FieldConfigSource, 'defaults'> & {
  defaults: Omit<FieldConfig, 'custom'> & { custom?: Partial<Custom> };
};

/** The defaults that Grafana fills in may be left out, so options and field settings are partial. */
type Kind<Name extends string, Options, Custom> = Omit<
  Panel,
  'type' | 'options' | 'fieldConfig' | 'targets'
> & {
  type: Name;
  options?: Partial<Options>;
  fieldConfig?: FieldSource<Custom>;
  targets?: Target[];
};

type NoFields = Record<string, never>;

type AnyPanel =
  | RowPanel
  | Kind<'barchart', barchart.Options, barchart.FieldConfig>
  | Kind<'stat', stat.Options, NoFields>
  | Kind<'table', table.Options, table.FieldConfig>
  | Kind<'text', text.Options, NoFields>
  | Kind<'timeseries', timeseries.Options, timeseries.FieldConfig>;

export type Classic = Plain<Omit<Dashboard, 'panels'> & { panels: AnyPanel[] }>;
