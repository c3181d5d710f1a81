// One view after another: each is measured, belongs to a session, and is reported once.

import { consentBefore, FOLLOWED, SILENT } from './consent.ts';
import { amountOf, type Sale } from './conversion.ts';
import { guard, listen } from './guard.ts';
import { EVENT_MS_MIN, REFRESH_MS_MIN } from './limits.ts';
import { read, takes } from './measures.ts';
import { awaitPaint } from './measures/paint.ts';
import { reports } from './reports.ts';
import { forget, nextView, store, type Visit } from './session.ts';
import { settings } from './settings.ts';
import { allowed, randomId } from './text.ts';
import { arm, send } from './transport.ts';
import { address, beganAt, begunAt, end, enter, facts, found, hide, over, since, vitals } from './view.ts';
import type { Context } from './wire.ts';

let permission: number;
/** Sales that wait for it. */
const waiting: Sale[] = [];
/** The session, once this view has asked for it: storage may be slow, so not while the page loads. */
let visit: Visit | undefined;
/** One for every type of entry and the life of the page. */
let observer: PerformanceObserver | undefined;
let timer: unknown = 0;

/** Whether it is stored: what nobody keeps is no session. */
const keepSession = (visit: Visit): unknown => permission === FOLLOWED && store(visit);

const session = (): Visit => {
  if (!visit) {
    visit = nextView(permission === FOLLOWED, +(settings.rate || 1));
    // Also that it doesn't report.
    keepSession(visit);
  }
  return visit;
};

/** Whether this view's session is one that reports. */
const reporting = (): unknown => permission && session().sampled;

/** What is known now, which is kept with the session: so long as the landing is looked at, its speed so far. */
const describe = (more: object): string => {
  const visit = session();
  read();
  visit.channel ??= settings.channel;
  if (visit.n < 2 && !over) {
    visit.landing = {
      page: settings.page,
      lcp: vitals.lcp,
      load: found.timing?.load,
      ref: facts.ref,
      campaign: facts.campaign,
    };
  }
  return JSON.stringify(
    {
      v: 1,
      site: settings.site,
      ...facts,
      page: settings.page,
      stage: settings.stage,
      variant: settings.variant,
      channel: visit.channel,
      rate: visit.rate,
      session: keepSession(visit)
        ? { n: visit.n, id: visit.id, landing: more === found && visit.n < 2 ? undefined : visit.landing }
        : undefined,
      ...more,
    },
    allowed,
  );
};

/** Leaves the state so far with the session and, against crashes, with the browser. */
const keep = guard(() => {
  timer = 0;
  if (!over && reporting()) arm(describe(found));
});

const open = (at: number, nav?: 'soft' | 'bfcache', href?: string): void => {
  visit = undefined;
  enter(at, nav, href);
  setTimeout(keep);
};

const close = (): void => {
  observer?.takeRecords().forEach(take);
  hide(performance.now());
  if (over || !permission) return;
  if (reporting()) send(describe(found));
  arm();
  end();
};

const openSoft = (at: number, href?: string): void => {
  close();
  settings.page = settings.stage = undefined;
  open(at, 'soft', href);
};

const take = (entry: PerformanceEntry): void => {
  if (entry.entryType === 'soft-navigation') {
    // Unless the page has told of it before, which was after the click.
    if (entry.startTime > since) openSoft(entry.startTime, entry.name);
    beganAt(entry.startTime);
  }
  // What is delivered late, the view before was about.
  if (entry.startTime >= since) takes[entry.entryType]?.(entry as never);
};

const failed = (event: Event): void => {
  // A resource that didn't load is no error of a script.
  if (event.target === self) found.errors = (found.errors ?? 0) + 1;
};

/** Begins with the view that the page is in. */
export const report = (): void => {
  permission = consentBefore();
  open(0);
  listen('visibilitychange', () => {
    if (document.hidden) close();
  });
  listen('pageshow', (event) => {
    if (event.persisted) {
      open(event.timeStamp, 'bfcache');
      awaitPaint();
    }
  });
  listen('error', failed);
  listen('unhandledrejection', failed);
  guard(() => {
    observer = new PerformanceObserver(
      guard((list: PerformanceObserverEntryList) => {
        list.getEntries().forEach(take);
        timer ||= setTimeout(keep, REFRESH_MS_MIN);
      }),
    );
    for (const type in takes) {
      // `durationThreshold` is Event Timing's own; TypeScript's DOM library doesn't have it yet.
      const options = { durationThreshold: EVENT_MS_MIN, type, buffered: true };
      // Asking for what a browser hasn't got puts a warning on the console.
      if (reports(type)) observer.observe(options);
    }
  })();
};

export const convert = (sale: Sale = {}): void => {
  if (!permission) waiting.push(sale);
  if (!reporting()) return;
  const { orders } = session();
  const order = (sale.order ?? '').toString();
  if (order && orders.includes(order)) return;
  send(
    describe({
      id: randomId(),
      kind: 'conversion',
      conversion: { ...amountOf(sale), order, first: orders.push(order) < 2 },
    }),
  );
};

/** A soft navigation, in the page's own word. */
export const view = (name?: string): void => {
  // Unless it only names the view that the browser has told of before.
  if (settings.page || address !== location.href) openSoft(performance.now());
  settings.page = name;
};

/** How long it was to a moment of this view, since it began or since another, by a name of the page's own: told by the second file. */
export const mark = (name: string, at: number, from = begunAt): void => {
  if (at >= since) (found.marks ??= {})[name] = at - from;
};

/** Whether the visitor agreed. */
export const consent = (given: boolean): void => {
  // Who agreed before goes on with the view's session: another would be one view further.
  if (permission !== FOLLOWED || !given) visit = undefined;
  permission = given ? FOLLOWED : SILENT;
  if (given) {
    waiting.splice(0).forEach(convert);
    keep();
  } else {
    arm();
    forget();
  }
};

/** What the beacon knows, for the shop's server to send with an order; nothing for a visitor who isn't followed. */
export const context = (): Context | undefined => (reporting() ? (JSON.parse(describe({})) as Context) : undefined);
