/**
 * One function for each kind of panel, so that all panels of a kind look and behave alike: every one
 * has a title, a description, a unit and thresholds, and asks the data source that the viewer chose.
 */
import {
  AxisPlacement,
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  GraphThresholdsStyleConfigBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type DataTransformerConfig,
  type DynamicConfigValue,
  type Panel,
  type Threshold,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as BarChart } from '@grafana/grafana-foundation-sdk/barchart';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as Text, TextMode } from '@grafana/grafana-foundation-sdk/text';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import type { Vital } from './vitals.ts';

export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

export type Unit = Vital['unit'] | 'short' | 'percentunit' | 'reqps';

/** What every panel says about itself. */
export interface About {
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  readonly thresholds?: readonly Threshold[];
  readonly decimals?: number;
}

/** A query and the legend of its series. */
export interface Query {
  readonly expr: string;
  readonly legend?: string;
}

/** For figures that have no agreed limit: one calm colour. */
const NO_LIMIT: readonly Threshold[] = [{ value: null, color: 'blue' }];

export function limits(good: number, poor: number): Threshold[] {
  return [
    { value: null, color: 'green' },
    { value: good, color: 'orange' },
    { value: poor, color: 'red' },
  ];
}

/** For shares that should be high: below `poor` red, from `good` on green. */
export function floors(poor: number, good: number): Threshold[] {
  return [
    { value: null, color: 'red' },
    { value: poor, color: 'orange' },
    { value: good, color: 'green' },
  ];
}

function thresholds(steps: readonly Threshold[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...steps]);
}

function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

interface Common {
  title(v: string): this;
  description(v: string): this;
  datasource(v: typeof DATASOURCE): this;
  unit(v: string): this;
  decimals(v: number): this;
  thresholds(v: ThresholdsConfigBuilder): this;
}

function describe<B extends Common>(builder: B, about: About): B {
  builder
    .title(about.title)
    .description(about.description)
    .datasource(DATASOURCE)
    .unit(about.unit)
    .thresholds(thresholds(about.thresholds ?? NO_LIMIT));
  if (about.decimals !== undefined) builder.decimals(about.decimals);
  return builder;
}

function over(query: Query, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(refId(index))
    .datasource(DATASOURCE)
    .expr(query.expr)
    .range()
    .legendFormat(query.legend ?? '__auto');
}

function once(query: Query, index: number, format: PromQueryFormat): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(refId(index))
    .datasource(DATASOURCE)
    .expr(query.expr)
    .instant()
    .format(format)
    .legendFormat(query.legend ?? '__auto');
}

/** One figure over the whole range; with several series, one figure each. */
export function stat(about: About, query: Query): Panel {
  return describe(new Stat(), about)
    .withTarget(once(query, 0, PromQueryFormat.TimeSeries))
    .reduceOptions(new ReduceDataOptionsBuilder().values(false).calcs(['lastNotNull']))
    .colorMode(about.thresholds ? BigValueColorMode.Background : BigValueColorMode.Value)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .graphMode(BigValueGraphMode.None)
    .orientation(VizOrientation.Auto)
    .build();
}

export interface LineOptions {
  readonly stack?: boolean;
  readonly max?: number;
  /** Grafana's minimum step, for events so rare that a finer one would show noise. */
  readonly minStep?: string;
  /** Fixed colours by series name, where colours have a meaning. */
  readonly colors?: Readonly<Record<string, string>>;
}

/** Series over time; where the panel has limits, they are drawn as dashed lines. */
export function lines(about: About, queries: readonly Query[], options: LineOptions = {}): Panel {
  const panel = describe(new TimeSeries(), about)
    .targets(queries.map(over))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(options.stack ? 0 : 1)
    .fillOpacity(options.stack ? 70 : 0)
    .showPoints(VisibilityMode.Auto)
    .min(0)
    .stacking(
      new StackingConfigBuilder().mode(options.stack ? StackingMode.Normal : StackingMode.None).group('A'),
    )
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        about.thresholds ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off,
      ),
    )
    .legend(bottomLegend())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (options.max !== undefined) panel.max(options.max);
  if (options.minStep !== undefined) panel.interval(options.minStep);
  for (const [name, color] of Object.entries(options.colors ?? {})) {
    panel.overrideByName(name, [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }]);
  }
  return panel.build();
}

function bottomLegend(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .calcs([]);
}

/** A column of a table: a query that yields one value for each group. */
export interface Column {
  readonly name: string;
  readonly expr: string;
  readonly unit: Unit;
  readonly thresholds?: readonly Threshold[];
  readonly decimals?: number;
}

export interface TableShape {
  /** The label that the rows are joined by, and its heading. */
  readonly by: string;
  readonly heading: string;
  /** Sorted by this column, largest first. */
  readonly sortBy: string;
}

/** One row for each value of a label, one query for each column. */
export function table(about: About, shape: TableShape, columns: readonly Column[]): Panel {
  const panel = describe(new Table(), about)
    .targets(columns.map((column, index) => once(column, index, PromQueryFormat.Table)))
    .transformations(joined(shape, columns))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .sortBy([{ build: () => ({ displayName: shape.sortBy, desc: true }) }]);
  for (const column of columns) panel.overrideByName(column.name, cell(column));
  return panel.build();
}

function cell(column: Column): DynamicConfigValue[] {
  const properties: DynamicConfigValue[] = [{ id: 'unit', value: column.unit }];
  if (column.decimals !== undefined) properties.push({ id: 'decimals', value: column.decimals });
  if (column.thresholds) {
    properties.push(
      { id: 'thresholds', value: { mode: 'absolute', steps: column.thresholds } },
      { id: 'custom.cellOptions', value: { type: 'color-background', mode: 'basic' } },
    );
  }
  return properties;
}

/** Drops the time columns, joins the queries' results by the label, and gives the columns their names. */
function joined(shape: TableShape, columns: readonly Column[]): DataTransformerConfig[] {
  const names = columns.map((column, index) => [`Value #${refId(index)}`, column.name] as const);
  const order = [shape.by, ...names.map(([value]) => value)].map((name, index) => [name, index] as const);
  return [
    {
      id: 'filterFieldsByName',
      options: { include: { pattern: `^(${shape.by}|Value #[A-Z])$` } },
    },
    { id: 'joinByField', options: { byField: shape.by, mode: 'outer' } },
    {
      id: 'organize',
      options: {
        excludeByName: {},
        indexByName: Object.fromEntries(order),
        renameByName: { ...Object.fromEntries(names), [shape.by]: shape.heading },
      },
    },
  ];
}

/** Horizontal bars, one for each value of a label, stacked from one query for each part. */
export function stackedBars(
  about: About,
  by: string,
  heading: string,
  parts: readonly Omit<Column, 'unit'>[],
): Panel {
  const columns = parts.map((part) => ({ ...part, unit: about.unit }));
  return describe(new BarChart(), about)
    .targets(columns.map((column, index) => once(column, index, PromQueryFormat.Table)))
    .transformations(joined({ by, heading, sortBy: heading }, columns))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .xField(heading)
    .orientation(VizOrientation.Horizontal)
    .stacking(StackingMode.Normal)
    .fillOpacity(80)
    .legend(bottomLegend())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.None))
    .build();
}

/** Upright bars in the order of the queries, each query one bar that its legend names. */
export function bars(about: About, valueLabel: string, queries: readonly Query[], repeat?: string): Panel {
  const panel = describe(new BarChart(), about)
    .targets(queries.map((query, index) => once(query, index, PromQueryFormat.TimeSeries)))
    .transformations([{ id: 'reduce', options: { mode: 'seriesToRows', reducers: ['lastNotNull'] } }])
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .xField('Field')
    .orientation(VizOrientation.Vertical)
    .showValue(VisibilityMode.Auto)
    .min(0)
    .fillOpacity(80)
    .axisPlacement(AxisPlacement.Auto)
    .axisLabel(valueLabel)
    .legend(bottomLegend().showLegend(false));
  if (repeat !== undefined) panel.repeat(repeat).repeatDirection('h').maxPerRow(2);
  return panel.build();
}

/** Words between the panels: how to read what follows. */
export function note(title: string, description: string, markdown: string): Panel {
  return new Text().title(title).description(description).mode(TextMode.Markdown).content(markdown).build();
}
