// The shop whose views are weighed: a landing and a later view, with as many other hosts as shops have.

import type { Page } from 'puppeteer-core';
import { pause, settle } from '../../tests/browser/harness.ts';
import type { Context } from '../../src/wire.ts';
import type { Answer } from '../server.ts';

/** What a visit is like. */
export interface Visit {
  /** Other hosts that its pages ask. */
  hosts: number;
  /** Whether the visitor clicks on something that takes a moment. */
  interaction: boolean;
  /** Whether the page moves while it loads. */
  shifts: boolean;
  /** Whether the visitor comes from an advertisement; else from a search. */
  campaign: boolean;
}

/** In the order in which shops add them. Each is this machine. */
const OTHERS = [
  'www.googletagmanager.com',
  'www.google-analytics.com',
  'connect.facebook.net',
  'consent.cookiebot.com',
  'static.klaviyo.com',
  'bat.bing.com',
  'script.hotjar.com',
  'widget.trustpilot.com',
  'js.klarna.com',
  'fonts.gstatic.com',
  's.pinimg.com',
  'analytics.tiktok.com',
];
/** Every third of them holds up the page for long enough to be told of. */
const SLOW_MS = 80;

export const SHOP = 'https://www.shop.example';
const PATHS = ['/dames/truien-en-vesten', '/p/wollen-trui-met-rolkraag-donkerblauw'] as const;

const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400"><rect width="600" height="400" fill="#a52"/>' +
  `<!--${'x'.repeat(20_000)}--></svg>`;

const hold = (ms: number): string =>
  `{ const end = performance.now() + ${String(ms)}; while (performance.now() < end); }`;

const html = (
  page: string,
  visit: Visit,
): string => `<!doctype html><title>Winkel</title><link rel="icon" href="data:,">
  <meta name="viewport" content="width=device-width">
  <script async src="https://rum.shop.example/beacon.js" data-site="shop" data-page="${page}"></script>
  ${OTHERS.slice(0, visit.hosts)
    .map(
      (host, i) =>
        `<script async src="https://${host}/tag.js?ms=${String(i % 3 ? 0 : SLOW_MS)}"></script><img src="https://${host}/p.svg" width="6" height="4">`,
    )
    .join('\n  ')}
  <h1>Wollen truien</h1>
  <div id="usp-banner"></div>
  <button class="product-form__submit button" onclick='${hold(90)}'>In winkelwagen</button>
  <img class="product-gallery__image" src="/media/truien.svg" width="390" height="300">
  <p class="product-description">Van scheerwol uit Friesland, in vier kleuren.</p>
  <script>
    if (${String(visit.shifts)}) addEventListener('load', () =>
      [40, 90].forEach((height, i) => setTimeout(() => { document.querySelector('#usp-banner').style.height = height + 'px'; }, 200 + 150 * i)));
  </script>`;

/** What the shop, its collector and the others answer; `random` says how slowly. */
export const answerOf =
  (beacon: Buffer, random: () => number) =>
  ({ hostname, pathname, searchParams }: URL): Answer => {
    const others = OTHERS.indexOf(hostname);
    // Half of them let pages see what was transferred.
    const headers = { 'Access-Control-Allow-Origin': '*', ...(others % 2 ? {} : { 'Timing-Allow-Origin': '*' }) };
    if (pathname === '/beacon.js') return { type: 'text/javascript', content: beacon };
    if (pathname === '/tag.js') {
      return {
        type: 'text/javascript',
        content: hold(Number(searchParams.get('ms'))),
        headers,
        delayMs: 200 * random(),
      };
    }
    if (pathname.endsWith('.svg'))
      return { type: 'image/svg+xml', content: PICTURE, headers, delayMs: 100 + 400 * random() };
    const visit = JSON.parse(searchParams.get('visit') ?? '{}') as Visit;
    const content = html(pathname === PATHS[0] ? 'category' : 'product', visit);
    return { type: 'text/html; charset=utf-8', content, delayMs: 80 + 300 * random() };
  };

const look = async (page: Page, visit: Visit): Promise<void> => {
  await settle(page, 900);
  if (visit.interaction) {
    await page.click('button');
    await pause(400);
  }
};

/** The landing and a later view; answers with their session. The address tells the server what to answer, by a query, which the beacon leaves out. */
export const make = async (page: Page, visit: Visit): Promise<string> => {
  const query = new URLSearchParams({ visit: JSON.stringify(visit) });
  const later = `${SHOP}${PATHS[1]}?${query.toString()}`;
  if (visit.campaign) {
    for (const [name, value] of [
      ['source', 'google'],
      ['medium', 'cpc'],
      ['campaign', 'winter_truien_nl'],
    ]) {
      query.set(`utm_${name ?? ''}`, value ?? '');
    }
    query.set('gclid', 'EAIaIQobChMI8');
  }
  await page.goto(`${SHOP}${PATHS[0]}?${query.toString()}`, { referer: 'https://www.google.com/', waitUntil: 'load' });
  await look(page, visit);
  await Promise.all([
    page.waitForNavigation({ waitUntil: 'load' }),
    page.evaluate(`setTimeout(() => { location.href = ${JSON.stringify(later)} })`),
  ]);
  await look(page, visit);
  const { session } = (await page.evaluate('graadmeter.context()')) as Context;
  await page.goto('about:blank');
  return session?.id ?? '';
};
