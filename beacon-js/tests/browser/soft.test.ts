// Soft navigations: a single page that changes its content and its address is as many views as its visitor saw.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'puppeteer-core';
import type { Beacon, Vitals } from '../../src/wire.ts';
import { call, complaintsOf, inWorld, pause, settle, type World } from './harness.ts';

/** What web-vitals says of each of its navigations, in their order. */
const TRUTH = `<script src="/web-vitals.js"></script><script>
  const views = new Map();
  for (const name of ['FCP', 'LCP', 'CLS', 'INP'])
    webVitals['on' + name](({ value, navigationId, navigationURL }) => {
      const id = navigationURL ?? navigationId ?? '';
      if (!views.has(id)) views.set(id, {});
      views.get(id)[name.toLowerCase()] = value;
    }, { reportSoftNavs: true });
  addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') navigator.sendBeacon('/told', JSON.stringify([...views]));
  });
</script>`;

/** A shop of one page: each link loads content after \`ms\`, and says so itself if it is asked to. */
const APP = `<nav><a href="/p/1">Een</a> <a href="/p/2">Twee</a></nav><main><h1>Winkel</h1></main><script>
  let told = () => {};
  document.querySelector('nav').addEventListener('click', (event) => {
    event.preventDefault();
    const end = performance.now() + 60;
    while (performance.now() < end);
    const { pathname } = new URL(event.target.href);
    setTimeout(() => {
      history.pushState({}, '', pathname + '?color=red#top');
      document.querySelector('main').innerHTML =
        '<h1>' + pathname + '</h1><p>' + 'beschrijving '.repeat(200) + '</p><button onclick="hold()">Koop</button>';
      told(pathname);
    }, 120);
  });
  const hold = () => { const end = performance.now() + 150; while (performance.now() < end); };
</script>`;

const open = async (world: World, tag = 'data-page="home"'): Promise<Page> => {
  world.pages.set('/', { head: TRUTH, body: APP, tag, alone: true });
  world.pages.set('/next', { alone: true });
  const page = await (await world.launch()).newPage();
  await page.goto(world.address('/'));
  await settle(page);
  return page;
};

const go = async (page: Page, link: number): Promise<void> => {
  await page.click(`nav a:nth-of-type(${String(link)})`);
  await pause(1500);
};

const views = (beacons: Beacon[]): unknown[] =>
  beacons.map(({ kind, nav, url, page, session }) => [kind, nav, new URL(url).pathname, page, session?.n]);

const TOLERANCES = { fcp: 1, lcp: 1, cls: 0.0001, inp: 8 } as const;

const assertSame = (vitals: Vitals | undefined, truth: Vitals | undefined): void => {
  assert.ok(truth, 'web-vitals reported nothing');
  for (const [name, tolerance] of Object.entries(TOLERANCES) as [keyof typeof TOLERANCES, number][]) {
    const [ours, theirs] = [vitals?.[name], truth[name]];
    const close = ours === theirs || Math.abs((ours ?? NaN) - (theirs ?? NaN)) <= tolerance;
    assert.ok(close, `${name}: beacon ${JSON.stringify(vitals)}, web-vitals ${JSON.stringify(truth)}`);
  }
};

test(
  'the browser’s own: one beacon per view, measured as by web-vitals',
  inWorld(async (world) => {
    const page = await open(world);
    const complaints = complaintsOf(page);
    await go(page, 1);
    await page.click('main button');
    await pause(1500);
    await go(page, 2);
    await page.goto('about:blank');
    const beacons = await world.beacons(3);
    assert.deepEqual(views(beacons), [
      ['page', 'navigate', '/', 'home', 1],
      ['page', 'soft', '/p/1', undefined, 2],
      ['page', 'soft', '/p/2', undefined, 3],
    ]);
    assert.equal(new Set(beacons.map(({ id }) => id)).size, 3);
    const [landing, first, second] = beacons;
    assert.deepEqual([first?.ref, second?.ref], [undefined, undefined], 'a page refers to itself');
    assert.equal(first?.timing, undefined, 'nothing was fetched as a page');
    assert.equal(first?.vitals?.ttfb, undefined);
    assert.equal(second?.session?.landing?.lcp, landing?.vitals?.lcp);
    assert.equal(second?.session?.landing?.page, 'home');
    const [told] = world.told as [string, Vitals][][];
    for (const [i, beacon] of beacons.entries()) assertSame(beacon.vitals, told?.[i]?.[1]);
    assert.ok((first?.vitals?.inp ?? 0) >= 150);
    assert.deepEqual(complaints, []);
  }),
);

test(
  'by hand: the page says so, and names the view',
  inWorld(async (world) => {
    const page = await open(world);
    await page.evaluate(`history.pushState({}, '', '/p/1?color=red')`);
    await call(page, 'view', 'product');
    await pause(300);
    await page.evaluate(`history.pushState({}, '', '/p/2')`);
    await call(page, 'view');
    await pause(300);
    await page.goto('about:blank');
    assert.deepEqual(views(await world.beacons(3)), [
      ['page', 'navigate', '/', 'home', 1],
      ['page', 'soft', '/p/1', 'product', 2],
      ['page', 'soft', '/p/2', undefined, 3],
    ]);
  }),
);

for (const [name, told] of [
  ['at once', `told = () => graadmeter('view', 'product')`],
  ['later, when the browser has seen it', `told = () => setTimeout(() => graadmeter('view', 'product'), 700)`],
] as const) {
  test(
    `both, by hand ${name}: never two`,
    inWorld(async (world) => {
      const page = await open(world);
      await page.evaluate(told);
      await go(page, 1);
      await go(page, 2);
      await page.goto('about:blank');
      const beacons = await world.beacons(3);
      assert.deepEqual(views(beacons), [
        ['page', 'navigate', '/', 'home', 1],
        ['page', 'soft', '/p/1', 'product', 2],
        ['page', 'soft', '/p/2', 'product', 3],
      ]);
      const [paints] = world.told as [string, Vitals][][];
      for (const i of [1, 2]) {
        for (const vital of ['fcp', 'lcp'] as const) {
          const [ours, theirs] = [beacons[i]?.vitals?.[vital], paints?.[i]?.[1][vital]];
          assert.ok(Math.abs((ours ?? NaN) - (theirs ?? NaN)) <= 1, `${vital}: ${String(ours)}, not ${String(theirs)}`);
        }
      }
    }),
  );
}

test(
  'both, by hand at an address that the page has replaced: never two',
  inWorld(async (world) => {
    const page = await open(world);
    await page.evaluate(`told = (path) => {
      history.replaceState({}, '', path + '-trui');
      graadmeter('view', 'product');
    }`);
    await go(page, 1);
    await go(page, 2);
    await page.goto('about:blank');
    const beacons = await world.beacons(3);
    assert.deepEqual(views(beacons), [
      ['page', 'navigate', '/', 'home', 1],
      ['page', 'soft', '/p/1-trui', 'product', 2],
      ['page', 'soft', '/p/2-trui', 'product', 3],
    ]);
    for (const { vitals } of beacons) assert.ok((vitals?.fcp ?? 0) > 0 && (vitals?.lcp ?? 0) > 0);
  }),
);

test(
  'the same address again, after one that the browser does not tell of: two views',
  inWorld(async (world) => {
    const page = await open(world);
    await go(page, 1);
    await page.evaluate(`history.pushState({}, '', '/')`);
    await go(page, 1);
    await page.goto('about:blank');
    assert.deepEqual(views(await world.beacons(3)), [
      ['page', 'navigate', '/', 'home', 1],
      ['page', 'soft', '/p/1', undefined, 2],
      ['page', 'soft', '/p/1', undefined, 3],
    ]);
  }),
);

test(
  'views without a name, of a tag whose name is empty',
  inWorld(async (world) => {
    const page = await open(world, 'data-page=""');
    for (const path of ['/p/1', '/p/2']) {
      await page.evaluate(`history.pushState({}, '', '${path}'); graadmeter('view', '')`);
      await pause(300);
    }
    await page.goto('about:blank');
    assert.deepEqual(views(await world.beacons(3)), [
      ['page', 'navigate', '/', undefined, 1],
      ['page', 'soft', '/p/1', undefined, 2],
      ['page', 'soft', '/p/2', undefined, 3],
    ]);
  }),
);

test(
  'a sale in a soft view, whose landing was the page',
  inWorld(async (world) => {
    const page = await open(world);
    await go(page, 1);
    await call(page, 'convert', { value: '5', currency: 'EUR', order: 'A1' });
    const [landing, sale] = await world.beacons(2);
    assert.equal(sale?.kind, 'conversion');
    assert.equal(new URL(sale.url).pathname, '/p/1');
    assert.deepEqual([sale.session?.n, sale.session?.landing?.lcp], [2, landing?.vitals?.lcp]);
  }),
);

test(
  'back from the back/forward cache after a soft navigation',
  inWorld(async (world) => {
    const page = await open(world);
    await go(page, 1);
    await page.goto(world.address('/next'));
    await settle(page);
    await page.goBack();
    await settle(page);
    await page.goto('about:blank');
    const beacons = await world.beacons(4);
    assert.deepEqual(views(beacons), [
      ['page', 'navigate', '/', 'home', 1],
      ['page', 'soft', '/p/1', undefined, 2],
      ['page', 'navigate', '/next', undefined, 3],
      ['page', 'bfcache', '/p/1', undefined, 4],
    ]);
    assert.ok((beacons[3]?.vitals?.fcp ?? Infinity) < 500, 'counted from the return');
  }),
);

test(
  'hidden in a soft view: what comes after is no view',
  inWorld(async (world) => {
    const page = await open(world);
    await go(page, 1);
    const other = await page.browser().newPage();
    await world.beacons(2);
    await page.bringToFront();
    await other.close();
    await page.close({ runBeforeUnload: true });
    assert.equal((await world.beacons(2)).length, 2);
  }),
);
