// One view after another: each is measured, belongs to a session, and is reported once.

import { campaignOf } from './campaign.ts';
import { conversionOf, type Sale } from './conversion.ts';
import { deviceFacts } from './device.ts';
import { listen, whenIdle } from './guard.ts';
import { firstHidden, follow } from './lifecycle.ts';
import { ORDERS_MAX, REFRESH_MS_MIN, URL_BYTES_MAX } from './limits.ts';
import { navigationEntry, timingOf } from './navigation.ts';
import { nextView, readVisit, writeVisit, type Visit } from './session.ts';
import { nameOf, rateOf, type Settings } from './settings.ts';
import { randomId, withoutQuery } from './text.ts';
import { transportTo } from './transport.ts';
import { watch } from './vitals/index.ts';
import type { View } from './view.ts';
import type { Beacon, Context, Timing, Vitals } from './wire.ts';

const viewFrom = (restoredAt: number, changed: () => void): View => {
  const entry = navigationEntry();
  const activatedAt = entry?.activationStart ?? 0;
  return {
    id: randomId(),
    facts: {
      url: (location.origin + location.pathname).slice(0, URL_BYTES_MAX), // ASCII, so bytes are characters.
      ref: withoutQuery(document.referrer), // Browsers cut it at 4,096 themselves (Referrer Policy).
      nav: restoredAt ? 'bfcache' : activatedAt ? 'prerender' : entry?.type,
      campaign: campaignOf(location.search),
    },
    restoredAt,
    activatedAt,
    hiddenAt: restoredAt ? Infinity : firstHidden(activatedAt),
    over: false,
    changed,
    watches: [],
  };
};

/** What a page's commands can ask of it. */
export interface Reporter {
  convert(sale: Sale): void;
  context(): Context | undefined;
}

/** Begins with the view that the page is in. */
export const report = (settings: Settings, endpoint: string | URL): Reporter => {
  const transport = transportTo(endpoint);
  let view: View;
  let vitals: ReturnType<typeof watch>;
  /** The session, once this view has asked for it: storage may be slow, so not while the page loads. */
  let visit: Visit | undefined;
  let stored = false;
  /** Taken early: a page that is going away may answer for another device. */
  let device: Pick<Context, 'device' | 'tz'> | undefined;
  let timer = 0;

  const enter = (): Visit => {
    if (!visit) {
      visit = nextView(readVisit(), Date.now(), rateOf(settings.rate), Math.random);
      stored = !!writeVisit(visit);
      device = deviceFacts();
    }
    visit.channel ??= nameOf(settings.channel);
    return visit;
  };

  const measure = (): { timing: Timing | undefined; vitals: Vitals } => {
    const timing = timingOf(navigationEntry(), view, performance.now());
    return { timing, vitals: vitals(timing?.ttfb) };
  };

  /** What is known now, which is kept with the session: so long as the landing is looked at, its speed so far. */
  const describe = (always: boolean, seen = measure()): View['facts'] & Context => {
    const session = enter();
    const { facts } = view;
    if (session.n === 1 && !view.over) {
      session.landing = {
        lcp: seen.vitals.lcp,
        load: seen.timing?.load,
        ref: facts.ref,
        page: nameOf(settings.page),
        campaign: facts.campaign,
      };
    }
    writeVisit(session);
    return {
      ...facts,
      page: nameOf(settings.page),
      variant: nameOf(settings.variant),
      ...device,
      channel: session.channel,
      rate: session.rate,
      ...(stored && {
        session: { id: session.id, n: session.n, landing: always || session.n > 1 ? session.landing : undefined },
      }),
    };
  };

  const body = (beacon: Omit<Beacon, 'v' | 'site'>): string =>
    JSON.stringify({ v: 1, site: settings.site ?? 'default', ...beacon });

  const page = (): string => {
    const measured = measure();
    return body({ id: view.id, kind: 'page', ...describe(false, measured), ...measured });
  };

  /** Leaves the state so far with the session and, against crashes, with the browser. */
  const keep = (): void => {
    timer = 0;
    if (!view.over && enter().sampled) transport.arm(page());
  };

  const changed = (): void => {
    timer ||= window.setTimeout(whenIdle, REFRESH_MS_MIN, keep);
  };

  const open = (restoredAt: number): void => {
    visit = undefined;
    view = viewFrom(restoredAt, changed);
    vitals = watch(view);
    whenIdle(keep);
  };

  const close = (at: number): void => {
    if (view.over) return;
    view.hiddenAt = Math.min(view.hiddenAt, at);
    if (enter().sampled) transport.sendLast(page());
    view.over = true;
    measure(); // Ends the observers.
  };

  open(0);
  follow(close, open);
  listen('load', changed);

  return {
    convert(sale) {
      const { sampled, orders } = enter();
      const conversion = conversionOf(sale);
      const { order = '' } = conversion;
      if (!sampled || (order && orders.includes(order))) return;
      if (stored) conversion.first = !orders.length;
      orders.splice(0, orders.push(order) - ORDERS_MAX);
      transport.send(body({ id: randomId(), kind: 'conversion', ...describe(true), conversion }));
    },
    context: () => (enter().sampled ? describe(true) : undefined),
  };
};
