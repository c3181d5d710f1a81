// A visit over several pages, and what it buys.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'puppeteer-core';
import type { Beacon } from '../../src/wire.ts';
import { call, complaintsOf, inWorld, pause, settle, type World } from './harness.ts';

const SLOW_HOME = {
  tag: 'data-page="home"',
  body: '<h1>Winkel</h1><img src="/picture.svg?ms=900" width="600" height="400">',
};
const AD =
  '/?utm_source=google&utm_medium=cpc&utm_campaign=Winter%20sale&gclid=Secret-1&email=jan%40winkel.example#top';

const open = async (world: World): Promise<Page> => {
  world.pages.set('/', SLOW_HOME).set('/thanks', { tag: 'data-page="thank-you"' });
  return (await world.launch()).newPage();
};

const goto = async (page: Page, address: string, referer?: string): Promise<void> => {
  await page.goto(address, referer === undefined ? {} : { referer, referrerPolicy: 'unsafe-url' });
  await settle(page);
};

const conversions = (beacons: Beacon[]): Beacon[] => beacons.filter(({ kind }) => kind === 'conversion');

test(
  'a sale on a later page carries the speed and the campaign of the landing',
  inWorld(async (world) => {
    const page = await open(world);
    await goto(page, world.address(AD), 'http://www.google.example/search?q=shoes');
    await goto(page, world.address('/thanks?order=A123'), world.address(AD));
    await call(page, 'convert', { value: '59.95', currency: 'EUR', order: 'A123' });
    const beacons = await world.beacons(2);
    assert.deepEqual(
      beacons.map(({ kind }) => kind),
      ['page', 'conversion'],
      'a sale is sent at once',
    );
    const [landing, sale] = beacons;
    assert.ok((landing?.vitals?.lcp ?? 0) > 900);
    assert.equal(landing?.ref, 'http://www.google.example/search');
    assert.equal(landing.page, 'home');
    assert.deepEqual(sale?.conversion, { value: '59.95', currency: 'EUR', order: 'A123', first: true });
    assert.deepEqual(sale.session, {
      id: landing.session?.id,
      n: 2,
      landing: {
        lcp: landing.vitals?.lcp,
        load: landing.timing?.load,
        ref: 'http://www.google.example/search',
        page: 'home',
        campaign: { source: 'google', medium: 'cpc', name: 'Winter sale', click: 'gclid' },
      },
    });
    assert.equal(sale.page, 'thank-you');
    assert.equal(sale.ref, world.address('/'));
    assert.equal(sale.campaign, undefined, 'a query, and no campaign in it');
    assert.equal(sale.vitals ?? sale.timing, undefined);
    await page.goto('about:blank');
    const third = (await world.beacons(3))[2];
    assert.deepEqual(third?.session, sale.session);
    const sent = world.received.map(({ body }) => body).join();
    for (const secret of ['Secret-1', 'jan', 'shoes', 'top', 'order=']) assert.ok(!sent.includes(secret), secret);
  }),
);

test(
  'a sale on the landing itself carries its speed so far',
  inWorld(async (world) => {
    const page = await open(world);
    await goto(page, world.address('/'));
    await call(page, 'convert', { value: 10 });
    await page.goto('about:blank');
    const [sale, landing] = await world.beacons(2);
    assert.equal(sale?.kind, 'conversion');
    assert.equal(sale.session?.n, 1);
    assert.ok((sale.session.landing?.lcp ?? 0) > 900);
    assert.equal(sale.session.landing?.lcp, landing?.vitals?.lcp);
    assert.equal(sale.session.landing?.load, landing?.timing?.load);
    assert.equal(landing?.session?.landing, undefined);
  }),
);

test(
  'an order is sent once, and only the first sale is the first',
  inWorld(async (world) => {
    const page = await open(world);
    const complaints = complaintsOf(page);
    await goto(page, world.address('/thanks'));
    await call(page, 'convert', { value: 20, order: 'A1', currency: 'EUR' });
    await call(page, 'convert', { value: 20, order: 'A1', currency: 'EUR' });
    await page.reload();
    await settle(page);
    await call(page, 'convert', { value: 20, order: 'A1', currency: 'EUR' });
    await call(page, 'convert', { value: '59,95', order: 'A2', currency: 'EUR' });
    await page.goto('about:blank');
    const sales = conversions(await world.beacons(4));
    assert.deepEqual(
      sales.map(({ conversion }) => conversion),
      [
        { value: '20', currency: 'EUR', order: 'A1', first: true },
        { order: 'A2', first: false },
      ],
    );
    assert.equal(world.received.length, 4);
    assert.deepEqual(complaints, []);
  }),
);

test(
  'calls before the script has loaded are not lost, and names given later hold',
  inWorld(async (world) => {
    world.pages.set('/', {
      tag: 'data-variant="a" data-rate="nonsense"',
      head: `<script>
        window.graadmeter = window.graadmeter || function () { (graadmeter.q = graadmeter.q || []).push(arguments); };
        graadmeter('page', 'landing'); graadmeter('channel', 'affiliate'); graadmeter('variant', 'b');
        graadmeter('convert', { order: 7 });
      </script>`,
    });
    world.pages.set('/thanks', {});
    const page = await (await world.launch()).newPage();
    await goto(page, world.address('/'));
    const context = (await page.evaluate('graadmeter.context()')) as Beacon;
    await goto(page, world.address('/thanks'));
    await page.goto('about:blank');
    const [sale, landing, next] = await world.beacons(3);
    assert.deepEqual(sale?.conversion, { order: '7', first: true });
    assert.deepEqual([landing?.page, landing?.channel, landing?.variant], ['landing', 'affiliate', 'b']);
    assert.deepEqual([next?.page, next?.channel, next?.variant], [undefined, 'affiliate', undefined]);
    assert.equal(next?.session?.landing?.page, 'landing');
    assert.equal(context.session?.id, landing?.session?.id);
    assert.equal(context.session?.landing?.page, 'landing');
    assert.deepEqual(context.device, landing?.device);
    assert.equal(context.tz, landing?.tz);
  }),
);

test(
  'after half an hour without a view a new session begins',
  inWorld(async (world) => {
    const page = await open(world);
    await goto(page, world.address('/'));
    await page.evaluateOnNewDocument('const now = Date.now; Date.now = () => now() + 31 * 60000;');
    await goto(page, world.address('/thanks'));
    await page.goto('about:blank');
    const [first, second] = await world.beacons(2);
    assert.deepEqual([first?.session?.n, second?.session?.n], [1, 1]);
    assert.notEqual(first?.session?.id, second?.session?.id);
  }),
);

for (const [rate, beacons] of [
  ['', 1],
  ['0', 0],
] as const) {
  test(
    `data-rate="${rate}": ${beacons ? 'every session reports' : 'none does'}`,
    inWorld(async (world) => {
      world.pages.set('/', { tag: `data-rate="${rate}"` });
      const page = await (await world.launch()).newPage();
      await goto(page, world.address('/'));
      await page.goto('about:blank');
      assert.deepEqual(
        (await world.beacons(beacons)).map((beacon) => beacon.rate),
        Array(beacons).fill(undefined),
      );
    }),
  );
}

test(
  'sampling is decided once a session',
  inWorld(async (world) => {
    const browser = await world.launch();
    const rates: (number | undefined)[] = [];
    for (const [draw, sends] of [
      [0.2, 4],
      [0.3, 0],
    ] as const) {
      world.received.length = 0;
      world.pages.set('/', { tag: 'data-rate="0.25"' }).set('/thanks', { tag: 'data-rate="0.9"' });
      const page = await browser.newPage();
      await page.evaluateOnNewDocument(`Math.random = () => ${String(draw)}`);
      await goto(page, world.address('/'));
      await call(page, 'convert', { order: 'A1' });
      await goto(page, world.address('/thanks'));
      await call(page, 'convert', { order: 'A2' });
      assert.equal(await page.evaluate('graadmeter.context() === undefined'), sends === 0);
      await page.goto('about:blank');
      await pause(500);
      const beacons = await world.beacons(sends);
      assert.equal(beacons.length, sends);
      rates.push(...beacons.map(({ rate }) => rate));
    }
    assert.deepEqual(rates, [0.25, 0.25, 0.25, 0.25]);
  }),
);

test(
  'an emulated phone',
  inWorld(async (world) => {
    const page = await open(world);
    await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 3, isMobile: true, hasTouch: true });
    await page.setUserAgent({
      userAgent:
        'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36',
      userAgentMetadata: { platform: 'Android', platformVersion: '10', architecture: '', model: 'K', mobile: true },
    });
    await page.emulateTimezone('Europe/Amsterdam');
    await goto(page, world.address('/'));
    await page.tap('img');
    await page.goto('about:blank');
    const { device, tz } = await world.onlyPage();
    assert.deepEqual([device?.w, device?.h, device?.dpr, device?.mobile], [390, 844, 3, true]);
    assert.ok((device?.touch ?? 0) > 0);
    assert.ok((device?.memory ?? 0) > 0);
    assert.equal(device?.webdriver, true, 'a program drives this browser');
    assert.equal(tz, 'Europe/Amsterdam');
  }),
);
