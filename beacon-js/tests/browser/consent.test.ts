// What is stored and sent before the visitor has agreed, after they have, and after they have not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { call, complaintsOf, inWorld, pause, settle, type World } from './harness.ts';

const open = async (world: World, consent: string): Promise<Page> => {
  const tag = `data-consent="${consent}"`;
  world.pages.set('/', { tag: `${tag} data-page="home"`, alone: true }).set('/next', { tag, alone: true });
  const page = await (await world.launch()).newPage();
  await page.goto(world.address('/?utm_source=google'));
  await settle(page);
  return page;
};

/** How many things the page has stored, in any way that a script can. */
const stored = (page: Page): Promise<unknown> =>
  page.evaluate(`(async () => [sessionStorage.length, localStorage.length, document.cookie.length,
    (await indexedDB.databases()).length])()`);
const NOTHING = [0, 0, 0, 0];

test(
  'wait: nothing is sent or stored before, and then everything',
  inWorld(async (world) => {
    const page = await open(world, 'wait');
    const complaints = complaintsOf(page);
    await call(page, 'convert', { value: '5', currency: 'EUR', order: 'A1' });
    assert.equal(await page.evaluate('graadmeter.context()'), undefined);
    await pause(1500);
    assert.deepEqual(await stored(page), NOTHING);
    assert.equal(world.received.length, 0);

    await call(page, 'consent', true);
    const [sale] = await world.beacons(1);
    assert.equal(world.received.length, 1, 'the sale goes at once, the view when it ends');
    assert.deepEqual(sale?.conversion, { value: '5', currency: 'EUR', order: 'A1', first: true });
    assert.deepEqual(await stored(page), [1, 0, 0, 0]);

    await page.goto('about:blank');
    const [, landing] = await world.beacons(2);
    assert.equal(world.received.length, 2);
    assert.deepEqual([landing?.kind, landing?.page, landing?.campaign], ['page', 'home', { source: 'google' }]);
    assert.deepEqual([landing?.session?.id, landing?.session?.n], [sale.session?.id, 1]);
    assert.ok((landing?.vitals?.lcp ?? 0) > 0, 'what was measured before belongs to the view');
    assert.deepEqual(complaints, []);
  }),
);

test(
  'wait: who never answers is never reported, however the view ends',
  inWorld(async (world) => {
    const page = await open(world, 'wait');
    await page.goto(world.address('/next'));
    await settle(page);
    assert.deepEqual(await stored(page), NOTHING);
    await page.close({ runBeforeUnload: true });
    assert.deepEqual(await world.beacons(0), []);
  }),
);

test(
  'wait: a tab that crashes before the answer has left nothing with the browser',
  inWorld(async (world) => {
    const page = await open(world, 'wait');
    await pause(1500);
    const client = await page.createCDPSession();
    client.send('Page.crash').catch(() => undefined); // It never answers.
    await pause(1500);
    assert.deepEqual(await world.beacons(0), []);
  }),
);

test(
  'a refusal forgets what was stored, calls off what was left with the browser, and holds for the view',
  inWorld(async (world) => {
    const page = await open(world, '');
    await pause(1500);
    assert.deepEqual(await stored(page), [1, 0, 0, 0]);
    await call(page, 'consent', false);
    assert.deepEqual(await stored(page), NOTHING);
    await call(page, 'convert', { order: 'A1' });
    assert.equal(await page.evaluate('graadmeter.context()'), undefined);
    await page.close({ runBeforeUnload: true });
    assert.deepEqual(await world.beacons(0), []);
  }),
);

test(
  'wait, and then a refusal',
  inWorld(async (world) => {
    const page = await open(world, 'wait');
    await call(page, 'convert', { order: 'A1' });
    await call(page, 'consent', false);
    await pause(1200);
    assert.deepEqual(await stored(page), NOTHING);
    await page.goto('about:blank');
    assert.deepEqual(await world.beacons(0), []);
  }),
);

test(
  'none: views and sales without session, empty storage',
  inWorld(async (world) => {
    const page = await open(world, 'none');
    const complaints = complaintsOf(page);
    await call(page, 'convert', { value: '5', currency: 'EUR', order: 'A1' });
    await pause(1200);
    assert.deepEqual(await stored(page), NOTHING);
    await page.goto(world.address('/next'));
    await settle(page);
    assert.deepEqual(await stored(page), NOTHING);
    await page.goto('about:blank');
    const beacons = await world.beacons(3);
    assert.deepEqual(
      beacons.map(({ kind, session }) => [kind, session]),
      [
        ['conversion', undefined],
        ['page', undefined],
        ['page', undefined],
      ],
    );
    assert.equal(new Set(beacons.map(({ id }) => id)).size, 3);
    assert.deepEqual(complaints, []);
  }),
);

test(
  'none, and then the visitor agrees: a session begins, also with the next page',
  inWorld(async (world) => {
    const page = await open(world, 'none');
    await call(page, 'consent', true);
    assert.deepEqual(await stored(page), [1, 0, 0, 0]);
    await page.goto(world.address('/next'));
    await settle(page);
    await call(page, 'consent', true);
    await page.goto('about:blank');
    const [first, second] = await world.beacons(2);
    assert.deepEqual([first?.session?.n, second?.session?.n], [1, 2]);
    assert.equal(first?.session?.id, second?.session?.id);
  }),
);

for (const before of ['', 'wait', 'none']) {
  test(
    `${before || 'followed'}: who agrees twice is in the same view of the same session`,
    inWorld(async (world) => {
      const page = await open(world, before);
      await call(page, 'consent', true);
      await pause(200);
      await call(page, 'consent', true);
      await call(page, 'convert', { order: 'A1' });
      await page.goto(world.address('/next'));
      await settle(page);
      await call(page, 'consent', true);
      await page.goto('about:blank');
      const beacons = await world.beacons(3);
      assert.deepEqual(
        beacons.map(({ kind, session }) => [kind, session?.n, session?.landing !== undefined]),
        [
          ['conversion', 1, true],
          ['page', 1, false],
          ['page', 2, true],
        ],
      );
      assert.equal(new Set(beacons.map(({ session }) => session?.id)).size, 1);
    }),
  );
}

test(
  'who withdraws and agrees again begins a new session',
  inWorld(async (world) => {
    const page = await open(world, '');
    const idOf = (): Promise<unknown> => page.evaluate('graadmeter.context()?.session.id');
    const before = await idOf();
    await call(page, 'consent', false);
    await call(page, 'consent', true);
    const after = await idOf();
    assert.ok(before && after && before !== after, `${String(before)}, ${String(after)}`);
    await page.goto('about:blank');
    const { session } = await world.onlyPage();
    assert.deepEqual([session?.id, session?.n], [after, 1]);
  }),
);

test(
  'an answer given before the script has loaded counts',
  inWorld(async (world) => {
    world.pages.set('/', {
      tag: 'data-consent="wait"',
      head: `<script>
        window.graadmeter = function () { (graadmeter.q = graadmeter.q || []).push(arguments); };
        graadmeter('convert', { order: 'A1' }); graadmeter('consent', true);
      </script>`,
      alone: true,
    });
    const page = await (await world.launch()).newPage();
    await page.goto(world.address('/'));
    await settle(page);
    await page.goto('about:blank');
    const beacons = await world.beacons(2);
    assert.deepEqual(
      beacons.map(({ kind, session }) => [kind, session?.n]),
      [
        ['conversion', 1],
        ['page', 1],
      ],
    );
  }),
);
