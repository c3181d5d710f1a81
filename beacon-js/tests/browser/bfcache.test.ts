// The beacon never keeps a page out of the back/forward cache, whatever it was asked to do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, inWorld, settle } from './harness.ts';

for (const tag of ['', 'data-auto="ga4" data-marks="early"', 'data-consent="wait"']) {
  test(
    `no reason not to be restored: ${tag || 'as it comes'}`,
    inWorld(async (world) => {
      world.pages.set('/', { tag, alone: true }).set('/next', { alone: true });
      const page = await (await world.launch()).newPage();
      await page.goto(world.address('/'));
      await settle(page);
      await call(page, 'convert', { order: 'A1' });
      await page.evaluate(`addEventListener('pageshow', ({ persisted }) => { window.persisted = persisted; })`);
      await page.goto(world.address('/next'));
      await settle(page);
      await page.goBack();
      await settle(page);
      assert.equal(await page.evaluate('window.persisted'), true);
      const entry = `performance.getEntriesByType('navigation')[0]`;
      assert.equal(await page.evaluate(`'notRestoredReasons' in ${entry}`), true, 'the browser would say');
      assert.equal(await page.evaluate(`${entry}.notRestoredReasons`), null);
    }),
  );
}
