// How many beacons arrive, by the way in which the visitor left: each view has an address of its own, and must be told of once.
//
//   npm run bench:delivery [-- --quick]

import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'puppeteer-core';
import { pause } from '../tests/browser/harness.ts';
import type { Beacon } from '../src/wire.ts';
import { launch, serve, type Answer } from './server.ts';
import { judge, printTable } from './table.ts';

const VISITS = process.argv.includes('--quick') ? 20 : 200;
/** As many windows at once: each is seen, and has a renderer of its own. */
const WINDOWS = 10;
/** Windows at once whose renderers take all the processor that they get. */
const HUNG_WINDOWS = 5;
const BROWSERS = 3;
/** How long a visitor has been there before the browser fails them. */
const STAY_MS = 2000;
const HUNG_MS = 500;
/** After so long without any arrival nothing more is waited for. */
const PATIENCE_MS = 10_000;

const SCRIPT = readFileSync(new URL('../dist/beacon.js', import.meta.url));
const PAGE = `<!doctype html><title>Winkel</title><link rel="icon" href="data:,">
  <script async src="/beacon.js" data-site="shop"></script><h1>Wollen truien</h1>
  <p style="height:3000px">${'Warm. '.repeat(200)}</p>`;

const answer = ({ pathname }: URL): Answer =>
  pathname === '/beacon.js'
    ? { type: 'text/javascript', content: SCRIPT }
    : { type: 'text/html; charset=utf-8', content: PAGE };

const server = await serve(answer);
const shop = `http://127.0.0.1:${String(server.port)}`;
const loaded = { waitUntil: 'load' } as const;

/** The numbers from `from` on, `many` of them. */
const range = (from: number, many: number): number[] => Array.from({ length: many }, (_, i) => from + i);

const open = async (browser: Browser): Promise<Page> => {
  const client = await browser.target().createCDPSession();
  // A tab in the background would be hidden, and so have told of its view already.
  const { targetId } = await client.send('Target.createTarget', { url: 'about:blank', newWindow: true });
  await client.detach();
  const target = await browser.waitForTarget(
    (each) => (each as unknown as { _targetId: string })._targetId === targetId,
  );
  const page = await target.page();
  if (!page) throw new Error('Chromium opened no window');
  return page;
};

/** Opens a window for each address, stays, and makes sure that nothing has been told yet. */
const stay = async (browser: Browser, paths: string[]): Promise<Page[]> => {
  const pages: Page[] = [];
  for (const path of paths) {
    const page = await open(browser);
    await page.goto(shop + path, loaded);
    pages.push(page);
  }
  await pause(STAY_MS);
  for (const page of pages) {
    if ((await page.evaluate('document.visibilityState')) !== 'visible') throw new Error('a window was not seen');
  }
  const early = beacons().find(({ url }) => paths.includes(new URL(url).pathname));
  if (early) throw new Error(`${early.url} was told of before its end`);
  return pages;
};

/** Begins to run for ever. */
const hang = async (page: Page): Promise<void> => {
  // Whose answer never comes.
  page.evaluate('for (;;);').catch(() => 0);
  await pause(HUNG_MS);
};

const beacons = (): Beacon[] => server.received.map((body) => JSON.parse(body) as Beacon);

const inBatches = async (many: number, size: number, visit: (numbers: number[]) => Promise<void>): Promise<void> => {
  for (let from = 0; from < many; from += size) await visit(range(from, Math.min(size, many - from)));
};

const navigate = async (browser: Browser): Promise<void> => {
  const page = await browser.newPage();
  for (const i of range(0, VISITS)) await page.goto(`${shop}/navigate/${String(i)}`, loaded);
  await page.goto('about:blank');
  await page.close();
};

const close = async (browser: Browser): Promise<void> => {
  for (const i of range(0, VISITS)) {
    const page = await browser.newPage();
    await page.goto(`${shop}/close/${String(i)}`, loaded);
    await page.close({ runBeforeUnload: true });
  }
};

const crash = (browser: Browser): Promise<void> =>
  inBatches(VISITS, WINDOWS, async (numbers) => {
    const pages = await stay(
      browser,
      numbers.map((i) => `/crash/${String(i)}`),
    );
    for (const page of pages) {
      const client = await page.createCDPSession();
      const crashed = new Promise((resolve) => page.once('error', resolve));
      // A renderer that crashes doesn't answer.
      client.send('Page.crash').catch(() => 0);
      await crashed;
      await page.close();
    }
  });

const hangAndCloseTab = (browser: Browser): Promise<void> =>
  inBatches(VISITS / 2, HUNG_WINDOWS, async (numbers) => {
    const pages = await stay(
      browser,
      numbers.map((i) => `/hang-tab/${String(i)}`),
    );
    await Promise.all(pages.map(hang));
    await Promise.all(pages.map((page) => page.close()));
  });

/** One window that hangs in a browser, as visitors have it: ten at once would starve the browser that has to send. */
const hangAndCloseBrowser = (): Promise<void> =>
  inBatches(VISITS / 2, BROWSERS, async (numbers) => {
    await Promise.all(
      numbers.map(async (i) => {
        const browser = await launch();
        const [page] = await stay(browser, [`/hang-browser/${String(i)}`]);
        if (page) await hang(page);
        await browser.close();
      }),
    );
  });

/** Waits until `many` have come, or none has for a while. */
const arrive = async (many: number): Promise<void> => {
  let known = -1;
  for (let quietSince = performance.now(); performance.now() - quietSince < PATIENCE_MS;) {
    if (server.received.length !== known) quietSince = performance.now();
    known = server.received.length;
    if (known >= many) break;
    await pause(100);
  }
  // What must not come would come by now.
  await pause(1000);
};

interface Exit {
  name: string;
  path: string;
  visits: number;
  leastShare: number;
}

const EXITS: Exit[] = [
  { name: 'navigation', path: 'navigate', visits: VISITS, leastShare: 1 },
  { name: 'closed tab', path: 'close', visits: VISITS, leastShare: 1 },
  { name: 'renderer crash', path: 'crash', visits: VISITS, leastShare: 0.99 },
  { name: 'hung main thread, then tab closed', path: 'hang-tab', visits: VISITS / 2, leastShare: 0.99 },
  { name: 'hung main thread, then browser closed', path: 'hang-browser', visits: VISITS / 2, leastShare: 0.99 },
];

const report = (): void => {
  const ids = new Map<string, string[]>();
  for (const { id, url } of beacons()) {
    const { pathname } = new URL(url);
    ids.set(pathname, [...(ids.get(pathname) ?? []), id]);
  }
  const distinct = new Set(beacons().map(({ id }) => id)).size;
  const total = ({ path }: Exit, wanted: (many: number) => boolean): number =>
    [...ids].filter(([pathname, those]) => pathname.startsWith(`/${path}/`) && wanted(those.length)).length;
  const share = (exit: Exit): number => total(exit, (many) => many === 1) / exit.visits;
  printTable(
    ['exit', 'views', 'exactly once', 'more than once', 'never'],
    EXITS.map((exit) => [
      exit.name,
      String(exit.visits),
      `${String(total(exit, (many) => many === 1))} (${(100 * share(exit)).toFixed(1)} %)`,
      String(total(exit, (many) => many > 1)),
      String(exit.visits - total(exit, () => true)),
    ]),
  );
  for (const exit of EXITS)
    judge(`${exit.name}: at least ${String(100 * exit.leastShare)} %`, share(exit) >= exit.leastShare);
  judge('no two views with one id', distinct === new Set([...ids.values()].flat()).size && ids.size === distinct);
};

const browser = await launch();
try {
  console.log(`${await browser.version()}, ${String(VISITS)} views for each exit`);
  await navigate(browser);
  await close(browser);
  await crash(browser);
  await hangAndCloseTab(browser);
  await hangAndCloseBrowser();
  await arrive(EXITS.reduce((sum, { visits }) => sum + visits, 0));
  report();
} finally {
  await browser.close();
  await server.close();
}
