// However a view ends, exactly one page beacon of it arrives.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { inWorld, pause, settle, type World } from './harness.ts';

const visit = async (world: World, path = '/'): Promise<Page> => {
  world.pages.set('/', {}).set('/next', { tag: 'data-page="next"' });
  const page = await (await world.launch()).newPage();
  await page.goto(world.address(path));
  await settle(page);
  return page;
};

test(
  'leaving by a link',
  inWorld(async (world) => {
    const page = await visit(world);
    await page.goto(world.address('/next'));
    const beacon = await world.onlyPage();
    assert.equal(beacon.url, world.address('/'));
    assert.equal(beacon.nav, 'navigate');
    assert.equal(beacon.session?.n, 1);
    assert.equal(beacon.session.landing, undefined);
    const { dom_interactive = 0, dom_content_loaded = 0, load = 0, ttfb = 0 } = beacon.timing ?? {};
    assert.ok(
      0 < ttfb && ttfb < dom_interactive && dom_interactive <= dom_content_loaded && dom_content_loaded <= load,
    );
  }),
);

test(
  'closing the tab',
  inWorld(async (world) => {
    const page = await visit(world);
    await page.close({ runBeforeUnload: true });
    await world.onlyPage();
  }),
);

test(
  'leaving before the load event',
  inWorld(async (world) => {
    world.pages.set('/slow', { body: '<h1>Winkel</h1><img src="/picture.svg?ms=8000">' });
    const page = await (await world.launch()).newPage();
    await page.goto(world.address('/slow'), { waitUntil: 'domcontentloaded' });
    await settle(page, 100);
    await page.goto(world.address('/nothing'));
    const { timing, vitals } = await world.onlyPage();
    assert.ok(timing?.dom_content_loaded !== undefined && vitals?.fcp !== undefined);
    assert.equal(timing.load, undefined);
  }),
);

test(
  'reloading',
  inWorld(async (world) => {
    const page = await visit(world);
    await page.reload();
    await settle(page);
    await page.goto('about:blank');
    const [first, second] = await world.beacons(2);
    assert.equal(world.received.length, 2);
    assert.deepEqual([first?.nav, second?.nav], ['navigate', 'reload']);
    assert.notEqual(first?.id, second?.id);
    assert.deepEqual([first?.session?.n, second?.session?.n], [1, 2]);
    assert.equal(first?.session?.id, second?.session?.id);
  }),
);

test(
  'coming back from the back/forward cache is a view of its own',
  inWorld(async (world) => {
    world.pages.set('/', {
      body: `<h1>Winkel</h1><script>addEventListener('pageshow', (event) => { window.persisted = event.persisted; });</script>`,
    });
    world.pages.set('/next', {});
    const page = await (await world.launch()).newPage();
    await page.goto(world.address('/'));
    await settle(page);
    await page.goto(world.address('/next'));
    await settle(page);
    await page.goBack();
    await settle(page);
    assert.equal(await page.evaluate('window.persisted'), true, 'the beacon kept the page out of the cache');
    await page.goto(world.address('/next'));
    const beacons = await world.beacons(3);
    assert.deepEqual(
      beacons.map(({ nav, url, session }) => [nav, new URL(url).pathname, session?.n]),
      [
        ['navigate', '/', 1],
        ['navigate', '/next', 2],
        ['bfcache', '/', 3],
      ],
    );
    assert.equal(new Set(beacons.map(({ id }) => id)).size, 3);
    const restored = beacons[2];
    assert.equal(restored?.timing, undefined);
    const truth = world.truths[2];
    for (const vital of ['fcp', 'lcp'] as const) {
      assert.ok(Math.abs((restored?.vitals?.[vital] ?? NaN) - (truth?.[vital] ?? NaN)) <= 1, vital);
    }
    assert.equal(restored?.vitals?.cls, 0);
    assert.equal(restored.session?.landing?.lcp, beacons[0]?.vitals?.lcp);
  }),
);

test(
  'hiding, coming back, and leaving',
  inWorld(async (world) => {
    const page = await visit(world);
    const other = await page.browser().newPage();
    const hidden = await world.onlyPage();
    await page.bringToFront();
    await settle(page);
    assert.equal(await page.evaluate('document.visibilityState'), 'visible');
    await other.close();
    await page.close({ runBeforeUnload: true });
    assert.deepEqual(await world.onlyPage(), hidden);
  }),
);

test(
  'a crashing tab, by what was left with the browser',
  inWorld(async (world) => {
    const page = await visit(world, '/?q=1');
    await pause(2000); // What is left with the browser is refreshed once a second, when there is an idle moment.
    const client = await page.createCDPSession();
    client.send('Page.crash').catch(() => undefined); // It never answers.
    const beacon = await world.onlyPage();
    assert.equal(beacon.url, world.address('/'));
    assert.ok((beacon.vitals?.lcp ?? 0) > 0);
    assert.match(world.received[0]?.headers['content-type'] ?? '', /^text\/plain/);
  }),
);

test(
  'a hung tab that is closed',
  inWorld(async (world) => {
    const page = await visit(world);
    void page.evaluate('for (;;);').catch(() => undefined);
    await pause(300);
    await page.close();
    await world.onlyPage();
  }),
);

test(
  'two tags on one page',
  inWorld(async (world) => {
    world.pages.set('/', { head: '<script async src="/beacon.js" data-site="shop"></script>' });
    const page = await (await world.launch()).newPage();
    await page.goto(world.address('/'));
    await settle(page);
    await page.goto('about:blank');
    await world.onlyPage();
  }),
);

test(
  'to a collector on another origin, without a preflight',
  inWorld(async (world) => {
    world.pages.set('/', { tag: `data-endpoint="${world.address('/v1/beacon', 'localhost')}"` });
    const page = await (await world.launch()).newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(world.address('/'));
    await settle(page);
    await page.goto('about:blank');
    await world.onlyPage();
    assert.deepEqual([world.received[0]?.method, world.received[0]?.headers.origin], ['POST', world.address('')]);
    assert.deepEqual(complaints, []);
  }),
);
