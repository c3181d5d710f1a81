// Moments and durations that the page chose, by the browser's own account of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, complaintsOf, inWorld, pause, settle } from './harness.ts';

test(
  'chosen marks, measures, elements and durations of the server, and no others',
  inWorld(async (world) => {
    world.pages.set('/', {
      alone: true,
      tag: 'data-auto="marks" data-marks="early, late, search, hero,db , cache,  "',
      head: "<script>performance.mark('early'); performance.mark('unasked');</script>",
      body: '<h1 elementtiming="hero">Winkel</h1><p elementtiming="unasked">Welkom</p>',
      headers: { 'Server-Timing': 'db;dur=53.2, unasked;dur=7, cache;desc=hit' },
    });
    const page = await (await world.launch()).newPage();
    const complaints = complaintsOf(page);
    await page.goto(world.address('/'));
    await settle(page);
    const truth = (await page.evaluate(`new Promise((done) => {
      performance.mark('late');
      performance.measure('search', { start: 40, duration: 12.5 });
      performance.measure('unasked', { start: 40, duration: 12.5 });
      const timed = {};
      for (const { startTime } of performance.getEntriesByName('early')) timed.early = startTime;
      for (const { startTime } of performance.getEntriesByName('late')) timed.late = startTime;
      new PerformanceObserver((list) => {
        for (const { identifier, renderTime } of list.getEntries()) if (identifier === 'hero') timed.hero = renderTime;
        done(timed);
      }).observe({ type: 'element', buffered: true });
    })`)) as Record<string, number>;
    await pause(200);
    await page.goto('about:blank');
    const { marks = {} } = await world.onlyPage();
    const expected: Record<string, number> = { ...truth, search: 12.5, db: 53.2 };
    assert.deepEqual(Object.keys(marks).sort(), Object.keys(expected).sort());
    for (const [name, ms] of Object.entries(expected)) {
      const off = Math.abs((marks[name] ?? NaN) - ms);
      assert.ok(off < 0.1, `${name}: ${String(marks[name])} ms, but ${String(ms)} ms by the browser`);
    }
    assert.deepEqual(complaints, []);
  }),
);

test(
  'a later view has its own, counted from its own beginning',
  inWorld(async (world) => {
    world.pages.set('/', {
      alone: true,
      tag: 'data-auto data-marks="results"',
      head: "<script>performance.mark('results');</script>",
    });
    const page = await (await world.launch()).newPage();
    await page.goto(world.address('/'));
    await settle(page);
    await page.evaluate("history.pushState(null, '', '/search')");
    const began = (await page.evaluate('performance.now()')) as number;
    await call(page, 'view', 'search');
    await pause(300);
    const at = (await page.evaluate("performance.mark('results').startTime")) as number;
    await pause(200);
    await page.goto('about:blank');
    const [first, second] = await world.beacons(2);
    assert.deepEqual([first?.nav, second?.nav], ['navigate', 'soft']);
    assert.ok((first?.marks?.['results'] ?? NaN) < began);
    const off = Math.abs((second?.marks?.['results'] ?? NaN) - (at - began));
    // What lies between our look at the clock and the beacon's.
    assert.ok(off < 50, `${String(second?.marks?.['results'])} ms, but ${String(at - began)} ms`);
  }),
);

test(
  'a page that chose none fetches nothing more, and says none',
  inWorld(async (world) => {
    world.pages.set('/', { alone: true, head: "<script>performance.mark('early');</script>" });
    const page = await (await world.launch()).newPage();
    await page.goto(world.address('/'));
    await settle(page);
    await page.goto('about:blank');
    assert.equal((await world.onlyPage()).marks, undefined);
    assert.ok(!world.requests.some((request) => request.includes('more')));
  }),
);

test(
  'under another name: the script, its second file, and where beacons go',
  inWorld(async (world) => {
    world.pages.set('/', {
      alone: true,
      instead:
        '<script async src="/a/pulse.js?ver=6.5" data-endpoint="/a/p" data-site="shop" data-auto="marks" data-marks="early"></script>',
      head: "<script>performance.mark('early');</script>",
    });
    const page = await (await world.launch()).newPage();
    await page.goto(world.address('/'));
    await settle(page);
    await page.goto('about:blank');
    assert.ok(((await world.onlyPage()).marks?.['early'] ?? 0) > 0);
    const words = world.requests.filter((request) => /beacon|\/v1\//.test(request));
    assert.deepEqual(words, [], 'what blockers match');
  }),
);
