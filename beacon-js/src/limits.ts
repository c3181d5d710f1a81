// Every limit and threshold in one place: those of the wire format, of the metrics' definitions, and our own.

// The wire format (crate graadmeter-wire, module `limits`). Addresses are kept shorter than it allows, so that the
// fullest beacon with its three of them stays under 16 KiB.

/** Longest URL or referrer, which are ASCII. */
export const URL_CHARACTERS_MAX = 1700;
/** Longest name, campaign parameter, order number or selector: of the longest characters they are 192 bytes. */
export const NAME_CHARACTERS_MAX = 64;
/** Most hosts of others that are reported: the first. */
export const HOSTS_MAX = 32;

// Cumulative Layout Shift, https://web.dev/articles/evolving-cls

/** Shifts this far apart are of two session windows. */
export const SHIFT_GAP_MS = 1000;
/** Longest session window. */
export const SHIFT_WINDOW_MS = 5000;

// Interaction to Next Paint, https://web.dev/articles/inp

/** Shorter events are not asked for: at 60 Hz they span two frames at most. */
export const EVENT_MS_MIN = 40;
/** What stands for interactions that were all shorter than that, as in web-vitals. */
export const QUICK_INTERACTION_MS = 8;
/** Slowest interactions that are kept. */
export const INTERACTIONS_MAX = 10;
/** Of so many interactions one may be slower than the estimate. */
export const INTERACTIONS_PER_OUTLIER = 50;

// Our own.

/** A session ends after so long without a view: half an hour. */
export const SESSION_IDLE_MS_MAX = 1_800_000;
/** Shortest time between two states left with the browser against a crash: each costs it a millisecond or two. */
export const REFRESH_MS_MIN = 2000;
