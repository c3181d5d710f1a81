// A page that gives a monitor everything to measure: slow images, movement, scripts of others, clicks and typing.

import type { Page } from 'puppeteer-core';
import { pause } from '../../tests/browser/harness.ts';
import type { Answer } from '../server.ts';

const IMAGES = 12;
const CLICKS = 4;
const QUERY = 'wollen trui';
/** Whose content the page has, and how long their scripts run. */
const OTHERS: Readonly<Record<string, number>> = {
  'tags.example': 70,
  'ads.example': 60,
  'chat.example': 20,
  'fonts.example': 0,
};

/** Heavy enough to be content: images of under 0.05 bits a pixel are no candidates for the largest paint. */
const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400"><rect width="600" height="400" fill="#a52"/>' +
  `<!--${'x'.repeat(20_000)}--></svg>`;

const hold = (ms: number): string =>
  `{ const end = performance.now() + ${String(ms)}; while (performance.now() < end); }`;

const html = (port: number, tag: string): string => `<!doctype html><title>Winkel</title><link rel="icon" href="data:,">
  <script>
    const hold = (ms) => ${hold(0).replace('+ 0', '+ ms')};
    const grow = (height, after) => setTimeout(() => { banner.style.height = height + 'px'; }, after);
    addEventListener('load', () => { grow(40, 100); grow(90, 300); grow(120, 500); });
  </script>
  ${tag}
  <h1>Wollen truien</h1>
  <div id="banner"></div>
  <button class="buy" onclick="hold(45); this.after(' gekocht')">Koop</button>
  <input id="search" oninput="hold(8)">
  ${Array.from({ length: IMAGES }, (_, i) => `<img src="/picture.svg?${String(i)}" width="${String(i ? 120 : 600)}" height="${String(i ? 80 : 400)}">`).join('\n  ')}
  ${Object.entries(OTHERS)
    .map(([host, ms]) => {
      const from = `http://${host}:${String(port)}`;
      return `<script async src="${from}/busy.js?${String(ms)}"></script><img src="${from}/picture.svg" width="60" height="40">`;
    })
    .join('\n  ')}`;

/** What the shop and the others answer; the page `/NAME` has the tag `tags[NAME]`. */
export const answerOf =
  (port: () => number, tags: Readonly<Record<string, string>>, scripts: Readonly<Record<string, Buffer>>) =>
  ({ pathname, search }: URL): Answer | undefined => {
    const name = pathname.slice(1);
    if (name in tags) return { type: 'text/html; charset=utf-8', content: html(port(), tags[name] ?? ''), delayMs: 50 };
    const script = scripts[name];
    if (script) return { type: 'text/javascript', content: script };
    if (name === 'busy.js') return { type: 'text/javascript', content: hold(Number(search.slice(1))) };
    return name === 'picture.svg' ? { type: 'image/svg+xml', content: PICTURE, delayMs: 80 } : undefined;
  };

/** Looks at the page, buys, searches, and reads on. */
const look = async (page: Page, address: string): Promise<void> => {
  await page.goto(address, { waitUntil: 'load' });
  await pause(600);
  for (let click = 0; click < CLICKS; click++) {
    await page.click('button');
    await pause(50);
  }
  await page.type('#search', QUERY, { delay: 20 });
  // An observer's idle moment, and the beacon's second before it leaves its state with the browser.
  await pause(1300);
};

/** Looks at each page, and leaves. */
export const visit = async (page: Page, addresses: string[]): Promise<void> => {
  for (const address of addresses) await look(page, address);
  await page.goto('about:blank');
  await pause(150);
};
