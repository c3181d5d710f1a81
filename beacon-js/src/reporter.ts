// One view after another: each is measured, belongs to a session, and is reported once.

import { campaignOf } from './campaign.ts';
import { conversionOf, type Sale } from './conversion.ts';
import { deviceOf, timeZone } from './device.ts';
import { guard, whenIdle } from './guard.ts';
import { firstHidden, follow } from './lifecycle.ts';
import { navigationEntry, navigationOf, navigationTiming, timingOf } from './navigation.ts';
import { nextView, ORDERS_MAX, readVisit, writeVisit, type Visit } from './session.ts';
import type { Settings } from './settings.ts';
import { clip, randomId, withoutQuery } from './text.ts';
import { transportTo } from './transport.ts';
import { watch } from './vitals/index.ts';
import type { View } from './view.ts';
import { URL_BYTES_MAX, type Beacon, type Context, type Landing, type Timing } from './wire.ts';

const REFRESH_MS = 1000;
const storage = (): Storage => sessionStorage;

const viewFrom = (from: number, restored: boolean, changed: () => void): View => {
  const entry = navigationEntry();
  const activatedAt = (!restored && entry?.activationStart) || 0;
  return {
    id: randomId(),
    nav: restored ? 'bfcache' : navigationOf(entry),
    url: clip(location.origin + location.pathname, URL_BYTES_MAX) ?? '',
    ref: clip(withoutQuery(document.referrer), URL_BYTES_MAX),
    campaign: campaignOf(location.search),
    restored,
    from,
    activatedAt,
    hiddenAt: restored ? Infinity : firstHidden(activatedAt),
    sent: false,
    changed,
    flushes: [],
    stops: [],
  };
};

/** What a page's commands can ask of it. */
export interface Reporter {
  convert(sale: Sale): void;
  context(): Context | undefined;
}

/** Begins with the view that the page is in. */
export const report = ({ site, endpoint, rate, names }: Settings): Reporter => {
  const transport = transportTo(endpoint);
  let view: View;
  let vitals: ReturnType<typeof watch>;
  /** The session, once this view has asked for it: storage may be slow, so not while the page loads. */
  let visit: Visit | undefined;
  let stored = false;
  let tz: string | undefined;
  let timer = 0;

  const enter = (): Visit => {
    if (!visit) {
      visit = nextView(readVisit(storage), Date.now(), rate, Math.random);
      stored = writeVisit(storage, visit);
      tz ??= timeZone();
    }
    visit.channel ??= names.channel;
    return visit;
  };

  const timing = (): Timing | undefined => {
    const entry = view.restored ? undefined : navigationTiming();
    return entry && timingOf(entry, view.hiddenAt);
  };

  /** The landing; while the visitor is still on it and looks at it, as far as it has come. */
  const landing = (): Landing => {
    const session = enter();
    if (session.n === 1 && !view.sent) {
      session.landing = {
        lcp: vitals()?.lcp,
        load: timing()?.load,
        ref: view.ref,
        page: names.page,
        campaign: view.campaign,
      };
      writeVisit(storage, session);
    }
    return session.landing;
  };

  const context = (withLanding: boolean): Context & { url: string } => {
    const { id, n, channel, rate } = enter();
    return {
      url: view.url,
      ref: view.ref,
      page: names.page,
      channel,
      nav: view.nav,
      session: stored ? { id, n, landing: withLanding || n > 1 ? landing() : undefined } : undefined,
      campaign: view.campaign,
      device: deviceOf(window, navigator),
      tz,
      variant: names.variant,
      rate: rate < 1 ? rate : undefined,
    };
  };

  const page = (): string => {
    landing();
    const beacon: Beacon = {
      v: 1,
      site,
      id: view.id,
      kind: 'page',
      ...context(false),
      timing: timing(),
      vitals: vitals(),
    };
    return JSON.stringify(beacon);
  };

  const stop = (): void => {
    for (const end of view.stops) end();
  };

  /** Leaves the state so far with the session and, against crashes, with the browser. */
  const keep = (): void => {
    timer = 0;
    if (view.sent) return;
    if (enter().sampled) transport.arm(page());
    else stop();
  };

  const changed = (): void => {
    timer ||= setTimeout(() => {
      whenIdle(keep);
    }, REFRESH_MS);
  };

  const open = (from: number, restored: boolean): void => {
    visit = undefined;
    view = viewFrom(from, restored, changed);
    vitals = watch(view);
    whenIdle(keep);
  };

  const close = (at: number): void => {
    if (view.sent) return;
    view.hiddenAt = Math.min(view.hiddenAt, at);
    if (enter().sampled) {
      const body = page();
      view.sent = true;
      transport.send(body);
      transport.disarm();
    }
    view.sent = true;
    stop();
  };

  open(0, false);
  follow(close, (at) => {
    open(at, true);
  });
  addEventListener('load', guard(changed));

  return {
    convert(sale) {
      const session = enter();
      if (!session.sampled) return;
      const conversion = conversionOf(sale, (leftOut) => {
        console.warn('graadmeter: conversion without its ' + leftOut + ', which is not valid:', sale);
      });
      const { order } = conversion;
      if (order && session.orders.includes(order)) return;
      if (stored) conversion.first = !session.converted;
      const beacon: Beacon = { v: 1, site, id: randomId(), kind: 'conversion', ...context(true), conversion };
      session.converted = true;
      if (order) session.orders = [...session.orders, order].slice(-ORDERS_MAX);
      writeVisit(storage, session);
      transport.send(JSON.stringify(beacon));
    },
    context: () => (enter().sampled ? context(true) : undefined),
  };
};
