// The visitor's refusal is kept, and no browser or page, however odd, is broken by being measured.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { complaintsOf, inWorld, settle, type World } from './harness.ts';

/** Opens a page in which `before` ran first, and collects what it complains of. */
const open = async (world: World, before: string): Promise<{ page: Page; complaints: string[] }> => {
  world.pages.set('/', { tag: 'data-page="home" data-auto', alone: true });
  const page = await (await world.launch()).newPage();
  const complaints = complaintsOf(page);
  await page.evaluateOnNewDocument(before);
  await page.goto(world.address('/'));
  await settle(page);
  return { page, complaints };
};

const define = (object: string, key: string, value: string): string =>
  `Object.defineProperty(${object}, '${key}', { get: () => ${value}, configurable: true });`;

for (const [name, signal] of [
  ['Global Privacy Control', define('Navigator.prototype', 'globalPrivacyControl', 'true')],
  ['Do Not Track', define('Navigator.prototype', 'doNotTrack', "'1'")],
] as const) {
  test(
    `${name}: nothing sent, nothing stored, calls do no harm`,
    inWorld(async (world) => {
      const { page, complaints } = await open(world, signal);
      const answer: unknown = await page.evaluate(`(() => {
        graadmeter('page', 'x'); graadmeter('convert', { value: 1, order: 'A' });
        return [graadmeter.context() === undefined, sessionStorage.length, localStorage.length, document.cookie];
      })()`);
      assert.deepEqual(answer, [true, 0, 0, '']);
      await page.reload();
      await settle(page);
      await page.goto('about:blank');
      assert.deepEqual(await world.beacons(0), []);
      assert.deepEqual(complaints, []);
      assert.ok(!world.requests.includes('GET /beacon-more.js'), 'the second file was fetched');
    }),
  );
}

test(
  'a refusal forgets what was stored before',
  inWorld(async (world) => {
    const { page } = await open(world, '');
    await page.waitForFunction('sessionStorage.length === 1');
    await page.evaluateOnNewDocument(define('Navigator.prototype', 'globalPrivacyControl', 'true'));
    await page.reload();
    await settle(page);
    assert.equal(await page.evaluate('sessionStorage.length'), 0);
  }),
);

test(
  'storage forbidden: no session, but the view and its sale',
  inWorld(async (world) => {
    const { page, complaints } = await open(
      world,
      `Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } });`,
    );
    await page.evaluate(`graadmeter('convert', { order: 'A1' }); graadmeter('convert', { order: 'A1' });`);
    await page.goto('about:blank');
    const beacons = await world.beacons(2);
    assert.deepEqual(
      beacons.map(({ kind, session, conversion }) => [kind, session, conversion]),
      [
        ['conversion', undefined, { order: 'A1', first: true }],
        ['page', undefined, undefined],
      ],
    );
    assert.deepEqual(complaints, []);
  }),
);

test(
  'storage full: no session',
  inWorld(async (world) => {
    const { page, complaints } = await open(
      world,
      `try { for (let size = 8_000_000; size >= 1; size = Math.floor(size / 2))
        try { for (let i = 0; i < 9; i++) sessionStorage['x' + size + i] = 'x'.repeat(size); } catch {}
      } catch { /* about:blank has none */ }`,
    );
    await page.goto('about:blank');
    assert.equal((await world.onlyPage()).session, undefined);
    assert.deepEqual(complaints, []);
  }),
);

test(
  'something else in our storage key',
  inWorld(async (world) => {
    const { page, complaints } = await open(
      world,
      `try { sessionStorage.setItem('graadmeter', '{"id":1,"n":"x"}'); } catch { /* about:blank */ }`,
    );
    await page.goto('about:blank');
    assert.equal((await world.onlyPage()).session?.n, 1);
    assert.deepEqual(complaints, []);
  }),
);

for (const [name, before] of [
  ['PerformanceObserver', 'delete window.PerformanceObserver;'],
  ['supported entry types', "Object.defineProperty(PerformanceObserver, 'supportedEntryTypes', { value: undefined });"],
  ['Event Timing', 'delete window.PerformanceEventTiming;'],
  ['fetchLater', 'delete window.fetchLater;'],
  ['requestIdleCallback', 'window.requestIdleCallback = undefined;'],
  [
    'Network Information, Device Memory and Client Hints',
    "for (const k of ['connection', 'deviceMemory', 'userAgentData']) delete Navigator.prototype[k];",
  ],
] as const) {
  test(
    `without ${name}`,
    inWorld(async (world) => {
      const { page, complaints } = await open(world, before);
      await page.goto('about:blank');
      const beacon = await world.onlyPage();
      assert.ok((beacon.timing?.load ?? 0) > 0);
      assert.deepEqual(complaints, []);
    }),
  );
}

for (const [name, before] of [
  ['throws', "navigator.sendBeacon = () => { throw new Error('blocked'); };"],
  ['refuses', 'navigator.sendBeacon = () => false;'],
  ['is missing', 'delete Navigator.prototype.sendBeacon;'],
] as const) {
  test(
    `sendBeacon ${name}: fetch takes its place`,
    inWorld(async (world) => {
      const { page, complaints } = await open(world, before);
      await page.goto('about:blank');
      await world.onlyPage();
      assert.match(world.received[0]?.headers['content-type'] ?? '', /^text\/plain/);
      assert.deepEqual(complaints, []);
    }),
  );
}

for (const [name, before] of [
  ...['forEach', 'find', 'push', 'filter', 'sort', 'includes'].map(
    (method) =>
      [`Array.prototype.${method}`, `Array.prototype.${method} = () => { throw new TypeError('ours'); };`] as const,
  ),
  ['more on Array.prototype and Object.prototype', 'Array.prototype.more = Object.prototype.more = () => 5;'],
  ['performance', "Object.defineProperty(window, 'performance', { value: undefined });"],
  ['crypto', "Object.defineProperty(window, 'crypto', { value: undefined });"],
  ['Date.now', 'let days = 0; const now = Date.now; Date.now = () => now() - 86_400_000 * days++;'],
  ['JSON.stringify', "JSON.stringify = () => { throw new TypeError('ours'); };"],
  ['sendBeacon and fetch', 'delete Navigator.prototype.sendBeacon; window.fetch = () => { throw new TypeError(1); };'],
] as const) {
  test(
    `a page that replaced ${name}: no error of ours, and what is sent is valid`,
    inWorld(async (world) => {
      const { page, complaints } = await open(world, before);
      await page.evaluate(`graadmeter('convert', { order: 'A1' }); graadmeter('mark', 'x'); graadmeter.context();`);
      await page.goto('about:blank');
      await world.beacons(0);
      assert.deepEqual(complaints, []);
    }),
  );
}

for (const [name, before] of [
  ['Array.prototype is longer', 'Array.prototype.more = Object.prototype.more = () => 5;'],
  ['the clock jumps back', 'let days = 0; const now = Date.now; Date.now = () => now() - 86_400_000 * days++;'],
] as const) {
  test(
    `${name}: everything is reported as ever`,
    inWorld(async (world) => {
      const { page, complaints } = await open(world, before);
      await page.reload();
      await settle(page);
      await page.goto('about:blank');
      const [first, second] = await world.beacons(2);
      assert.deepEqual([first?.session?.n, second?.session?.n], [1, 2]);
      assert.ok((second?.vitals?.lcp ?? 0) > 0);
      assert.deepEqual(complaints, []);
    }),
  );
}

test(
  'toJSON of everything, as old libraries had it: lists stay lists, and an order counts once',
  inWorld(async (world) => {
    const { page, complaints } = await open(
      world,
      "for (const { prototype } of [Array, String, Number, Boolean]) prototype.toJSON = () => 'ours';",
    );
    await page.evaluate(`graadmeter('convert', { value: 5, order: 'A1' })`);
    await page.reload();
    await settle(page);
    await page.evaluate(`graadmeter('convert', { order: 'A1' }); graadmeter('convert', { order: 'A2' });`);
    await page.goto('about:blank');
    const beacons = await world.beacons(4);
    assert.deepEqual(
      beacons.map(({ session, conversion, third_party }) => [session?.n, conversion, third_party]),
      [
        [1, { value: '5', order: 'A1', first: true }, undefined],
        [1, undefined, []],
        [2, { order: 'A2', first: false }, undefined],
        [2, undefined, []],
      ],
    );
    assert.ok((beacons[3]?.vitals?.lcp ?? 0) > 0);
    assert.deepEqual(complaints, []);
  }),
);

for (const [name, before] of [
  ['PerformanceObserver', 'delete window.PerformanceObserver;'],
  ['supported entry types', "Object.defineProperty(PerformanceObserver, 'supportedEntryTypes', { value: undefined });"],
] as const) {
  test(
    `back from the back/forward cache without ${name}`,
    inWorld(async (world) => {
      const { page, complaints } = await open(world, before);
      world.pages.set('/next', { alone: true });
      await page.goto(world.address('/next'));
      await settle(page);
      await page.goBack();
      await settle(page);
      await page.goto('about:blank');
      assert.equal((await world.beacons(3))[2]?.nav, 'bfcache');
      assert.deepEqual(complaints, []);
    }),
  );
}
