// What the beacon reports is what web-vitals measured on the same page in the same browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'puppeteer-core';
import type { Vitals } from '../../src/wire.ts';
import { inWorld, pause, settle, type ShopPage, type World } from './harness.ts';

/** How far the two may be apart: milliseconds, but for CLS. Event Timing itself is in steps of 8 ms. */
const TOLERANCES = { ttfb: 1, fcp: 1, lcp: 1, cls: 0.0001, inp: 8 } as const;

const assertSame = (vitals: Vitals | undefined, truth: Vitals | undefined): void => {
  assert.ok(truth, 'web-vitals reported nothing');
  for (const [name, tolerance] of Object.entries(TOLERANCES) as [keyof Vitals, number][]) {
    const [ours, theirs] = [vitals?.[name], truth[name]];
    const close = ours === theirs || Math.abs((ours ?? NaN) - (theirs ?? NaN)) <= tolerance;
    assert.ok(close, `${name}: beacon ${String(ours)}, web-vitals ${String(theirs)}`);
  }
};

/** Visits `shopPage`, does something there, leaves, and compares. */
const compare = (
  shopPage: ShopPage,
  act: (page: Page, world: World) => Promise<void>,
  check: (vitals: Vitals) => void,
) =>
  inWorld(async (world) => {
    world.pages.set('/', shopPage);
    const page = await (await world.launch()).newPage();
    await page.goto(world.address('/'));
    await settle(page);
    await act(page, world);
    await page.goto('about:blank');
    const { vitals } = await world.onlyPage();
    assertSame(vitals, world.truths[0]);
    check(vitals ?? {});
  });

const nothing = (): Promise<void> => Promise.resolve();

test(
  'a slow image is the largest paint',
  compare(
    { body: '<h1>Winkel</h1><img src="/picture.svg?ms=900" width="600" height="400">', delayMs: 300 },
    nothing,
    (vitals) => {
      assert.ok((vitals.ttfb ?? 0) >= 300, JSON.stringify(vitals));
      assert.ok((vitals.lcp ?? 0) > (vitals.fcp ?? Infinity), JSON.stringify(vitals));
      assert.equal(vitals.inp, undefined);
    },
  ),
);

test(
  'layout shifts in two bursts: the worse one counts',
  compare(
    {
      body: `<div id="banner"></div><p style="height:300px;background:#cde">Beschrijving</p><script>
        const grow = (height, after) => setTimeout(() => { banner.style.height = height + 'px'; }, after);
        grow(50, 200); grow(150, 400); grow(160, 2000);
      </script>`,
    },
    () => pause(2200),
    (vitals) => {
      assert.ok((vitals.cls ?? 0) > 0.02);
    },
  ),
);

const BUSY_BUTTON = `<button style="font-size:40px" onclick="const end = performance.now() + 250; while (performance.now() < end);">Koop</button>`;

test(
  'a slow answer to a click, and no larger paint after it',
  compare(
    { body: `${BUSY_BUTTON}<div id="late"></div>` },
    async (page) => {
      await page.click('button');
      await pause(1500);
      await page.evaluate(`late.innerHTML = '<img src="/picture.svg" width="600" height="400">'`);
      await pause(700);
    },
    (vitals) => {
      assert.ok((vitals.inp ?? 0) >= 250);
      assert.ok(Math.abs((vitals.lcp ?? NaN) - (vitals.fcp ?? NaN)) < 300, 'a paint after the click was taken');
    },
  ),
);

test(
  'a quick tap is known by its first input',
  compare(
    { body: '<button>Koop</button>' },
    async (page) => {
      await page.click('button');
      await pause(1500); // web-vitals loses an interaction that it has not looked at in an idle moment before.
    },
    (vitals) => {
      assert.ok(vitals.inp !== undefined && vitals.inp < 250);
    },
  ),
);

test(
  'one slow answer in more than fifty is left out',
  compare(
    {
      body: `<input id="search" style="font-size:30px"><script>
        let keys = 0;
        search.addEventListener('keydown', () => {
          const end = performance.now() + (++keys === 30 ? 1500 : keys === 40 ? 500 : 0);
          while (performance.now() < end);
        });
      </script>`,
    },
    async (page) => {
      await page.focus('#search');
      for (let key = 0; key < 60; key++) {
        await page.keyboard.press('a');
        await pause(25);
      }
      await pause(1500);
    },
    (vitals) => {
      assert.ok((vitals.inp ?? 0) >= 496 && (vitals.inp ?? Infinity) < 1500, `inp ${String(vitals.inp)}`);
    },
  ),
);

test(
  'a tab opened in the background has no paints, whatever it does when looked at',
  inWorld(async (world) => {
    world.pages.set('/', { body: '<h1>Winkel</h1><img src="/picture.svg?ms=300" width="600" height="400">' });
    const browser = await world.launch();
    const front = await browser.newPage();
    await front.bringToFront();
    const client = await browser.target().createCDPSession();
    const { targetId } = await client.send('Target.createTarget', { url: world.address('/'), background: true });
    const target = await browser.waitForTarget(
      (each) => (each as unknown as { _targetId: string })._targetId === targetId,
    );
    const page = await target.page();
    assert.ok(page);
    await pause(1500);
    assert.equal(await page.evaluate('document.visibilityState'), 'hidden');
    assert.equal(world.received.length, 0, 'reported before anybody saw it');
    await page.bringToFront();
    await settle(page);
    await front.bringToFront();
    const { vitals, timing } = await world.onlyPage();
    assertSame(vitals, world.truths[0]);
    assert.deepEqual(Object.keys(vitals ?? {}), ['ttfb']);
    assert.equal(timing?.load, undefined);
    assert.ok(timing?.ttfb !== undefined);
  }),
);

test(
  'a page rendered before its visitor comes counts from the visit',
  inWorld(async (world) => {
    world.pages.set('/next', {
      body: '<h1>Volgende</h1><img src="/picture.svg?ms=300" width="600" height="400">',
      tag: 'data-page="next"',
    });
    world.pages.set('/', {
      head: `<script type="speculationrules">{"prerender":[{"urls":["/next"],"eagerness":"immediate"}]}</script>`,
      body: '<h1>Winkel</h1><a href="/next">verder</a>',
    });
    const page = await (await world.launch()).newPage();
    await page.goto(world.address('/'));
    await settle(page, 2500);
    assert.ok(world.requests.includes('GET /next'), 'the browser did not render ahead');
    assert.equal(world.received.length, 0);
    await page.click('a');
    await pause(1500);
    await page.close({ runBeforeUnload: true });
    const [first, second] = await world.beacons(2);
    assert.equal(world.received.length, 2);
    assert.deepEqual([first?.nav, first?.session?.n, second?.nav, second?.session?.n], ['navigate', 1, 'prerender', 2]);
    assertSame(second?.vitals, world.truths[1]);
    assert.ok((second?.vitals?.lcp ?? Infinity) < 1000);
    assert.equal(second?.timing?.dns, 0);
  }),
);

test(
  'a page prerendered in vain reports nothing',
  inWorld(async (world) => {
    world.pages.set('/next', {});
    world.pages.set('/', {
      head: `<script type="speculationrules">{"prerender":[{"urls":["/next"],"eagerness":"immediate"}]}</script>`,
    });
    const page = await (await world.launch()).newPage();
    await page.goto(world.address('/'));
    await settle(page, 2000);
    assert.ok(world.requests.includes('GET /next'), 'the browser did not render ahead');
    await page.close({ runBeforeUnload: true });
    assert.equal((await world.onlyPage()).url, world.address('/'));
  }),
);
