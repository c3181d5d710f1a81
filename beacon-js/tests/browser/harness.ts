// A shop and a collector on loopback, and a real Chromium to visit them.

import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type { Beacon, Vitals } from '../../src/wire.ts';
import { assertValid } from '../schema.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const WEB_VITALS = '../../node_modules/web-vitals/dist/';
/** What the shop and the collector serve, by its path. */
const SCRIPTS = new Map(
  [
    ['/beacon.js', '../../dist/beacon.js'],
    ['/beacon-more.js', '../../dist/beacon-more.js'],
    ['/beacon.mjs', '../../dist/beacon.mjs'],
    // Under a name of the shop's own.
    ['/a/pulse.js', '../../dist/beacon.js'],
    ['/a/pulse-more.js', '../../dist/beacon-more.js'],
    ['/web-vitals.js', `${WEB_VITALS}web-vitals.iife.js`],
    ['/web-vitals.attribution.js', `${WEB_VITALS}web-vitals.attribution.iife.js`],
  ].map(([path = '', file = '']) => [path, readFileSync(new URL(file, import.meta.url))]),
);
/** Heavy enough to be content: images of under 0.05 bits a pixel are no candidates for the largest paint. */
const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400"><rect width="600" height="400" fill="#a52"/>' +
  `<!--${'x'.repeat(20_000)}--></svg>`;
const ARRIVAL_MS = 10_000;
/** After what was awaited has come, how long to wait for what must not come. */
const QUIET_MS = 400;

/** Keeps what web-vitals says of a page and sends it when the page is hidden, after web-vitals had its turn. */
const TRUTH = `<script src="/web-vitals.js"></script><script>
  const truth = {};
  for (const name of ['TTFB', 'FCP', 'LCP', 'CLS', 'INP'])
    webVitals['on' + name]((metric) => { truth[name.toLowerCase()] = metric.value; });
  addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') navigator.sendBeacon('/truth', JSON.stringify(truth));
  });
</script>`;

type Headers = Readonly<Record<string, string>>;

/** A script that holds up the page. */
const busy = (ms: number): string =>
  `{ const end = performance.now() + ${String(ms)}; while (performance.now() < end); }`;

/** Whether others may read the times and sizes of what was asked for, by its address. */
const allowing = (url: URL): Headers => (url.searchParams.has('allow') ? { 'Timing-Allow-Origin': '*' } : {});

/** One request that the collector got. */
export interface Received {
  body: string;
  headers: IncomingHttpHeaders;
  method: string;
}

/** A page of the shop: what stands in its body, and the beacon tag's further attributes. */
export interface ShopPage {
  body?: string;
  /** Attributes of the beacon's tag. */
  tag?: string;
  head?: string;
  delayMs?: number;
  headers?: Headers;
  /** What stands in the place of the beacon's tag. */
  instead?: string;
  /** Without web-vitals beside the beacon. */
  alone?: boolean;
}

export class World {
  readonly pages = new Map<string, ShopPage>();
  readonly received: Received[] = [];
  readonly truths: Vitals[] = [];
  /** Whatever else a page has told. */
  readonly told: unknown[] = [];
  /** Paths that are not there. */
  readonly missing = new Set<string>();
  readonly requests: string[] = [];
  private readonly browsers: Browser[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://shop');
      this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const answer = (type: string, content: string | Buffer, delayMs = 0, more: Headers = {}): void => {
          const headers = { 'Content-Type': type, 'Access-Control-Allow-Origin': '*', ...more };
          setTimeout(() => response.writeHead(200, headers).end(content), delayMs);
        };
        const page = this.pages.get(url.pathname);
        const script = SCRIPTS.get(url.pathname);
        if (url.pathname === '/v1/beacon' || url.pathname === '/a/p') {
          this.received.push({ body, headers: request.headers, method: request.method ?? '' });
          response.writeHead(204).end();
        } else if (url.pathname === '/truth') {
          this.truths.push(JSON.parse(body) as Vitals);
          response.writeHead(204).end();
        } else if (url.pathname === '/told') {
          this.told.push(JSON.parse(body));
          response.writeHead(204).end();
        } else if (this.missing.has(url.pathname)) response.writeHead(404).end();
        else if (script) answer('text/javascript', script);
        else if (url.pathname === '/busy.js') {
          answer('text/javascript', busy(Number(url.searchParams.get('ms'))), 0, allowing(url));
        } else if (url.pathname === '/picture.svg') {
          answer('image/svg+xml', PICTURE, Number(url.searchParams.get('ms')), allowing(url));
        } else if (page) answer('text/html; charset=utf-8', World.html(page), page.delayMs, page.headers);
        else response.writeHead(404).end();
      });
    });
  }

  private static html({ body = '<h1>Winkel</h1>', tag = '', head = '', alone = false, instead }: ShopPage): string {
    const script = instead ?? `<script async src="/beacon.js" data-site="shop" ${tag}></script>`;
    return `<!doctype html><title>Winkel</title><link rel="icon" href="data:,">${head}
      ${script}${alone ? '' : TRUTH}${body}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  address(path: string, host = '127.0.0.1'): string {
    return `http://${host}:${String((this.server.address() as AddressInfo).port)}${path}`;
  }

  async launch(flags: string[] = []): Promise<Browser> {
    if (!existsSync(CHROMIUM)) {
      throw new Error(`No Chromium at ${CHROMIUM}: install Debian's package "chromium", or name another by CHROMIUM.`);
    }
    const browser = await puppeteer.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-background-networking', ...flags],
    });
    this.browsers.push(browser);
    return browser;
  }

  /** Waits until the beacons number `count`, then a little longer, and answers them all, each valid. */
  async beacons(count: number): Promise<Beacon[]> {
    const end = performance.now() + ARRIVAL_MS;
    while (this.received.length < count && performance.now() < end) await pause(20);
    await pause(QUIET_MS);
    return this.received.map(({ body }) => assertValid(JSON.parse(body)));
  }

  /** The same, but exactly one and of a page view. */
  async onlyPage(): Promise<Beacon> {
    const beacons = await this.beacons(1);
    const [beacon] = beacons;
    if (beacons.length !== 1 || beacon?.kind !== 'page') {
      throw new Error(`wanted exactly one page beacon, got ${JSON.stringify(beacons, null, 1)}`);
    }
    return beacon;
  }

  async close(): Promise<void> {
    await Promise.all(this.browsers.map((browser) => browser.close()));
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Runs `test` in a world of its own and ends it on every path. */
export const inWorld = (test: (world: World) => Promise<void>) => async (): Promise<void> => {
  const world = new World();
  try {
    await world.listen();
    await test(world);
  } finally {
    await world.close();
  }
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until the page is painted and quiet, and the beacon has had its idle moment. */
export const settle = async (page: Page, ms = 600): Promise<void> => {
  const end = performance.now() + ARRIVAL_MS;
  // No `waitForFunction`: it makes a function of text, which a strict content security policy forbids.
  while (!(await page.evaluate('typeof graadmeter === "function" && !!graadmeter.context'))) {
    if (performance.now() > end) throw new Error('the beacon has not begun');
    await pause(20);
  }
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await pause(ms);
};

/** What a page complains of from now on: errors, and whatever is on its console. */
export const complaintsOf = (page: Page): string[] => {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => complaints.push(message.text()));
  return complaints;
};

/** Calls `graadmeter`. */
export const call = (page: Page, ...call: unknown[]): Promise<unknown> =>
  page.evaluate(`graadmeter(...${JSON.stringify(call)})`);
