// Beacons arrive. The bench does this more often, and with crashes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWorld } from './harness.ts';

const TIMES = 50;
/** Visits no test should take longer for. */
const loaded = { waitUntil: 'load' } as const;

test(
  `${String(TIMES)} navigations and ${String(TIMES)} closed tabs: exactly as many page beacons`,
  inWorld(async (world) => {
    world.pages.set('/', { alone: true, instead: '<script src="/beacon.js" data-site="shop"></script>' });
    const browser = await world.launch();
    const page = await browser.newPage();
    for (let i = 0; i < TIMES; i++) await page.goto(world.address(`/?navigation=${String(i)}`), loaded);
    await page.goto('about:blank');
    assert.equal((await world.beacons(TIMES)).length, TIMES);
    for (let i = 0; i < TIMES; i++) {
      const tab = await browser.newPage();
      await tab.goto(world.address(`/?tab=${String(i)}`), loaded);
      await tab.close({ runBeforeUnload: true });
    }
    const beacons = await world.beacons(2 * TIMES);
    assert.equal(beacons.length, 2 * TIMES);
    assert.equal(new Set(beacons.map(({ id }) => id)).size, 2 * TIMES);
    assert.ok(beacons.every(({ kind }) => kind === 'page'));
  }),
);
