// A shop and a collector on loopback, and a real Chromium to visit them.

import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type { Beacon, Vitals } from '../../src/wire.ts';
import { assertValid } from '../schema.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const SCRIPT = readFileSync(new URL('../../dist/beacon.js', import.meta.url));
const WEB_VITALS = readFileSync(new URL('../../node_modules/web-vitals/dist/web-vitals.iife.js', import.meta.url));
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
  /** Without web-vitals beside the beacon. */
  alone?: boolean;
}

export class World {
  readonly pages = new Map<string, ShopPage>();
  readonly received: Received[] = [];
  readonly truths: Vitals[] = [];
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
        const answer = (type: string, content: string | Buffer, delayMs = 0): void => {
          setTimeout(() => response.writeHead(200, { 'Content-Type': type }).end(content), delayMs);
        };
        const page = this.pages.get(url.pathname);
        if (url.pathname === '/v1/beacon') {
          this.received.push({ body, headers: request.headers, method: request.method ?? '' });
          response.writeHead(204).end();
        } else if (url.pathname === '/truth') {
          this.truths.push(JSON.parse(body) as Vitals);
          response.writeHead(204).end();
        } else if (url.pathname === '/beacon.js') answer('text/javascript', SCRIPT);
        else if (url.pathname === '/web-vitals.js') answer('text/javascript', WEB_VITALS);
        else if (url.pathname === '/picture.svg') {
          answer('image/svg+xml', PICTURE, Number(url.searchParams.get('ms')));
        } else if (page) answer('text/html; charset=utf-8', World.html(page), page.delayMs);
        else response.writeHead(404).end();
      });
    });
  }

  private static html({ body = '<h1>Winkel</h1>', tag = '', head = '', alone = false }: ShopPage): string {
    return `<!doctype html><title>Winkel</title><link rel="icon" href="data:,">${head}
      <script async src="/beacon.js" data-site="shop" ${tag}></script>${alone ? '' : TRUTH}${body}`;
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
  await page.waitForFunction('typeof graadmeter === "function" && !!graadmeter.context');
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await pause(ms);
};
