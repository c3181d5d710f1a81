// Every limit and threshold in one place: those of the wire format, of the metrics' definitions, and our own.

// The wire format (crate graadmeter-wire, module `limits`).

/** Longest URL or referrer in bytes. */
export const URL_BYTES_MAX = 4096;
/** Longest page group, channel, variant or time zone in bytes. */
export const NAME_BYTES_MAX = 64;
/** Longest campaign parameter or order number in bytes. */
export const TEXT_BYTES_MAX = 128;
/** Longest phase, load or paint in milliseconds: ten minutes. */
export const TIMING_MS_MAX = 600_000;
/** Longest Interaction to Next Paint in milliseconds: one minute. */
export const INP_MS_MAX = 60_000;
/** Largest Cumulative Layout Shift. */
export const CLS_MAX = 100;
/** Most views of one session. */
export const SESSION_VIEWS_MAX = 100_000;
/** Smallest share of sessions that may report. */
export const RATE_MIN = 0.0001;

// Cumulative Layout Shift, https://web.dev/articles/evolving-cls

/** Shifts this far apart are of two session windows. */
export const SHIFT_GAP_MS = 1000;
/** Longest session window. */
export const SHIFT_WINDOW_MS = 5000;

// Interaction to Next Paint, https://web.dev/articles/inp

/** Shorter events are not asked for: at 60 Hz they span two frames at most. */
export const EVENT_MS_MIN = 40;
/** Slowest interactions that are kept. */
export const INTERACTIONS_MAX = 10;
/** Of so many interactions one may be slower than the estimate. */
export const INTERACTIONS_PER_OUTLIER = 50;

// Our own.

/** A session ends after so long without a view: half an hour. */
export const SESSION_IDLE_MS_MAX = 1_800_000;
/** Most orders that are remembered against being sent twice. */
export const ORDERS_MAX = 20;
/** Longest that an idle moment is waited for. */
export const IDLE_WAIT_MS_MAX = 1000;
/** Shortest time between two states left with the browser against a crash. */
export const REFRESH_MS_MIN = 1000;
