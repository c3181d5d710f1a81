// What a trace of Chromium says of one page's main thread: in CPU time of the thread, which other processes don't change.

/** An event of the trace, as the Trace Event Format writes it; times in microseconds. */
interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  /** The thread's CPU time between its start and its end. */
  tdur?: number;
  args: { data?: { url?: string } };
}

type Span = TraceEvent & { dur: number; tdur: number };

export const CATEGORIES = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];

/** How Chromium names the running of a script's code: its first run with its compilation, and each call into it from outside. */
const RUNS = new Set(['EvaluateScript', 'FunctionCall']);

const isWithin = (inner: Span, outer: Span): boolean =>
  inner !== outer && inner.ts >= outer.ts && inner.ts + inner.dur <= outer.ts + outer.dur;

const sum = (spans: Span[]): number => spans.reduce((total, { tdur }) => total + tdur, 0) / 1000;

const isSameThread = (one: TraceEvent, other: TraceEvent): boolean => one.pid === other.pid && one.tid === other.tid;

const runOf =
  (url: string) =>
  (event: TraceEvent): boolean =>
    RUNS.has(event.name) && event.args.data?.url === url;

/** CPU time of one view in milliseconds. */
export interface Cost {
  /** The script's first run. */
  evaluate: number;
  /** Its callbacks: observers, timers, listeners. */
  callbacks: number;
  /** Everything that the page's main thread did. */
  thread: number;
  /** The most that the script did within one task. */
  longestTask: number;
}

/** What the script cost, of all that a thread did during a view. */
const costOf = (spans: Span[], script: string): Cost => {
  const runs = spans.filter(runOf(script));
  const outermost = runs.filter((run) => !runs.some((other) => isWithin(run, other)));
  const evaluate = sum(outermost.filter(({ name }) => name === 'EvaluateScript'));
  const tasks = spans.filter(({ name }) => name === 'RunTask');
  return {
    evaluate,
    callbacks: sum(outermost) - evaluate,
    thread: sum(tasks),
    longestTask: Math.max(0, ...tasks.map((task) => sum(outermost.filter((run) => isWithin(run, task))))),
  };
};

/**
 * Reads a trace of a visit, view by view: what the script at `script` cost on the main thread that ran the page at each address of
 * `pages`. A view goes from the page's own first script, which must stand before all others, to that of the next view.
 */
export const readTrace = (json: string, pages: string[], script: string): Cost[] => {
  const { traceEvents } = JSON.parse(json) as { traceEvents: TraceEvent[] };
  const starts = pages.map((page) => {
    const start = traceEvents.filter(runOf(page)).sort((a, b) => a.ts - b.ts)[0];
    if (!start) throw new Error(`the trace has no script of ${page}`);
    return start;
  });
  return starts.map((start, i) => {
    const next = starts.slice(i + 1).find((later) => isSameThread(later, start));
    const spans = traceEvents.filter(
      (event): event is Span =>
        event.ph === 'X' &&
        event.tdur !== undefined &&
        isSameThread(event, start) &&
        event.ts >= start.ts &&
        event.ts < (next?.ts ?? Infinity),
    );
    return costOf(spans, script);
  });
};
