// The other engines: what they can measure is reported, what they lack is left out, never zero or guessed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import puppeteer from 'puppeteer-core';
import type { Beacon } from '../../src/wire.ts';
import { inWorld, pause, type World } from './harness.ts';
import { installed, WebKit } from './webdriver.ts';

const FIREFOX = process.env['FIREFOX'] ?? '/usr/bin/firefox-esr';

/** A browser, as far as these tests need one. */
interface Tab {
  goto(url: string): Promise<unknown>;
  evaluate(script: string): Promise<unknown>;
  close(): Promise<void>;
}

const firefox = async (): Promise<Tab> => {
  const executablePath = installed(FIREFOX, 'Firefox', 'firefox-esr');
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath });
  const page = await browser.newPage();
  return {
    goto: (url) => page.goto(url),
    evaluate: (script) => page.evaluate(script),
    close: () => browser.close(),
  };
};

/** A view, a sale, and a way out by a link; and what the browser says that it can report. */
const visit = async (world: World, launch: () => Promise<Tab>): Promise<{ beacons: Beacon[]; types: string[] }> => {
  world.pages.set('/', {
    body: '<h1>Winkel</h1><img src="/picture.svg?ms=200" width="600" height="400">',
    tag: 'data-page="home"',
    alone: true,
  });
  world.pages.set('/next', { alone: true });
  const tab = await launch();
  try {
    await tab.goto(world.address('/?utm_source=google'));
    while (!(await tab.evaluate('typeof graadmeter === "function" && !!graadmeter.context'))) await pause(50);
    await pause(1000);
    await tab.evaluate(`void graadmeter('convert', { value: '59.95', currency: 'EUR', order: 'A1' })`);
    await pause(300);
    const types = (await tab.evaluate('[...PerformanceObserver.supportedEntryTypes]')) as string[];
    await tab.goto(world.address('/next'));
    await pause(1000);
    await tab.goto('about:blank');
    return { beacons: await world.beacons(3), types };
  } finally {
    await tab.close();
  }
};

/** Which kind of entry each vital needs. */
const NEEDS = { fcp: 'paint', lcp: 'largest-contentful-paint', cls: 'layout-shift' } as const;

const check = ({ beacons, types }: Awaited<ReturnType<typeof visit>>): void => {
  assert.deepEqual(
    beacons.map(({ kind, url, session }) => [kind, new URL(url).pathname, session?.n]),
    [
      ['conversion', '/', 1],
      ['page', '/', 1],
      ['page', '/next', 2],
    ],
  );
  const [sale, landing, next] = beacons;
  assert.deepEqual(sale?.conversion, { value: '59.95', currency: 'EUR', order: 'A1', first: true });
  assert.deepEqual(landing?.campaign, { source: 'google' });
  assert.equal(landing.page, 'home');
  const { vitals = {}, timing, device } = landing;
  for (const [vital, type] of Object.entries(NEEDS) as [keyof typeof NEEDS, string][]) {
    assert.equal(vital in vitals, types.includes(type), `${vital} of ${JSON.stringify(vitals)}, ${types.join()}`);
  }
  assert.ok((vitals.fcp ?? 0) > 0);
  assert.ok((timing?.ttfb ?? 0) > 0 && (timing?.load ?? 0) >= 200);
  assert.equal(vitals.inp, undefined, 'nobody touched it');
  assert.deepEqual([device?.memory, device?.ect, device?.mobile], [undefined, undefined, undefined]);
  assert.deepEqual([next?.session?.landing?.lcp, next?.session?.landing?.load], [vitals.lcp, timing?.load]);
};

test(
  'Firefox',
  inWorld(async (world) => {
    const visited = await visit(world, firefox);
    check(visited);
    assert.ok(!visited.types.includes('layout-shift'), 'Firefox has learned it: let this test say so');
  }),
);

test(
  'WebKitGTK',
  inWorld(async (world) => {
    const visited = await visit(world, () => WebKit.launch());
    check(visited);
    assert.ok(!visited.types.includes('largest-contentful-paint'), 'WebKit has learned it: let this test say so');
  }),
);
