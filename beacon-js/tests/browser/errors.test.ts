// Errors of the page are counted, and ours are none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { call, inWorld, pause, settle, type ShopPage, type World } from './harness.ts';

const open = async (world: World, shopPage: ShopPage): Promise<Page> => {
  world.pages.set('/', { alone: true, ...shopPage }).set('/next', { alone: true });
  const page = await (await world.launch()).newPage();
  await page.goto(world.address('/'));
  await settle(page);
  return page;
};

test(
  'a name that is no text does not cost the view',
  inWorld(async (world) => {
    const page = await open(world, {});
    await call(page, 'variant', 2);
    await call(page, 'page', { name: 'product' });
    await page.goto('about:blank');
    await world.onlyPage();
  }),
);

test(
  'errors and unhandled rejections of scripts are counted, resources that do not load are not',
  inWorld(async (world) => {
    const page = await open(world, {
      body: `<h1>Winkel</h1><img src="/no-such-picture.svg"><script src="/no-such-script.js"></script>`,
    });
    await page.evaluate(`setTimeout(() => { throw new Error('broken once'); }); setTimeout(() => { undefined.two; });
      void Promise.reject(new Error('broken thrice'));`);
    await pause(200);
    await page.goto(world.address('/next'));
    await settle(page);
    await page.goto('about:blank');
    const [first, second] = await world.beacons(2);
    assert.deepEqual([first?.errors, second?.errors], [3, undefined]);
    assert.ok(!world.received.some(({ body }) => body.includes('broken')), 'what they say is nobody’s business');
  }),
);

test(
  'a second file that does not come: no error of ours on the page',
  inWorld(async (world) => {
    world.missing.add('/beacon-more.js');
    world.pages.set('/', { tag: 'data-auto', alone: true });
    const page = await (await world.launch()).newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(world.address('/'));
    await settle(page);
    await page.goto('about:blank');
    assert.equal((await world.onlyPage()).errors, undefined);
    assert.deepEqual(errors, []);
  }),
);
