// The beacon's wire format, version 1, as the collector reads it (crate graadmeter-wire).
//
// Durations are milliseconds since the navigation's start, fractions allowed. Everything but
// `v site id kind url` is optional: what a browser can't measure is left out, never zero or guessed.
// Keys may hold `undefined`, because JSON.stringify leaves those out.

type Optional<T> = { [K in keyof T]?: T[K] | undefined };

/** How the page was reached. */
export type Navigation = 'navigate' | 'reload' | 'back_forward' | 'bfcache' | 'prerender' | 'soft';

/** Phases of the navigation in milliseconds (Navigation Timing Level 2). */
export type Timing = Optional<{
  redirect: number;
  dns: number;
  /** Connecting, without TLS. */
  connect: number;
  tls: number;
  /** From the navigation's start to the first byte. */
  ttfb: number;
  /** From the first byte to the last. */
  response: number;
  dom_interactive: number;
  /** From the navigation's start to the end of `DOMContentLoaded`. */
  dom_content_loaded: number;
  /** From the navigation's start to the end of the load event. */
  load: number;
}>;

/** Web Vitals; milliseconds, but for the score of `cls`. */
export type Vitals = Optional<{
  ttfb: number;
  fcp: number;
  lcp: number;
  inp: number;
  cls: number;
}>;

/** Which element it was, as a short CSS selector, and two moments on the way, in milliseconds since its beginning. */
export type Part = Optional<{
  target: string | null;
  until: number[];
}>;

/** Where vitals came from. */
export type Cause = Optional<{
  /** When its resource was requested, and when it had come; then it was painted. */
  lcp: Part;
  /** When the first handler began, and when the last one ended; then the next frame was shown. */
  inp: Part;
  /** What moved most. */
  cls: Part;
}>;

/** What one other host's content cost this view. */
export interface ThirdParty {
  host: string;
  /** Requests. */
  count: number;
  /** Bytes transferred, of the requests that tell. */
  bytes?: number;
  /** How long its scripts ran in long animation frames; absent where the browser doesn't tell. */
  ms: number;
}

/** Everything that was measured of a view. */
export type Measured = Optional<{
  timing: Timing;
  vitals: Vitals;
  cause: Cause;
  third_party: ThirdParty[];
  /** JavaScript errors and unhandled rejections. */
  errors: number;
}>;

/** Where a visit came from, as the address says. */
export type Campaign = Optional<{
  /** `utm_source` */
  source: string | null;
  /** `utm_medium` */
  medium: string | null;
  /** `utm_campaign` */
  name: string | null;
  /** Name of the click id in the address (`gclid`), never its value. */
  click: string;
}>;

/** Facts about the device that the browser tells. */
export type Device = Optional<{
  /** Screen width in CSS pixels. */
  w: number;
  /** Screen height in CSS pixels. */
  h: number;
  /** Device pixels per CSS pixel. */
  dpr: number;
  /** `navigator.maxTouchPoints` */
  touch: number;
  /** `navigator.deviceMemory` in GiB. */
  memory: number;
  /** `navigator.connection.effectiveType` */
  ect: string;
  /** `navigator.userAgentData.mobile` */
  mobile: boolean;
  /** `navigator.webdriver`; sent only when true. */
  webdriver: boolean;
}>;

/** The session's first view: the speed that conversion is related to. */
export type Landing = Optional<{
  lcp: number;
  load: number;
  ref: string;
  page: string;
  campaign: Campaign | null;
}>;

/** The visit that a view belongs to. */
export interface Session {
  /** 32 hexadecimal digits. */
  id: string;
  /** The view's number in the session; 1 is the landing. */
  n: number;
  /** From the second view on and with every conversion. */
  landing?: Landing | undefined;
}

/** A purchase or another goal. */
export type Conversion = Optional<{
  /** An exact decimal, `59.95`. */
  value: string;
  /** ISO 4217. */
  currency: string;
  order: string;
  /** Whether this is the session's first conversion. */
  first: boolean;
}>;

/** What every beacon of a view says of it, and what `graadmeter.context()` hands out. */
export type Context = Optional<{
  url: string;
  ref: string;
  page: string;
  stage: string;
  channel: string;
  nav: Navigation;
  session: Session;
  campaign: Campaign | null;
  device: Device;
  /** IANA time zone. */
  tz: string;
  variant: string;
  /** Share of sessions that report; absent is 1. */
  rate: number;
}>;

/** One report. */
export interface Beacon extends Context, Measured {
  v: 1;
  site: string;
  /** 32 hexadecimal digits; the same `id` and `kind` counts once. */
  id: string;
  kind: 'page' | 'conversion';
  url: string;
  /** Moments and durations by the page's own names, in milliseconds; this script tells of none. */
  marks?: Record<string, number> | undefined;
  conversion?: Conversion | undefined;
}
