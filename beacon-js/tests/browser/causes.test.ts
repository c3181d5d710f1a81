// Which element a vital came from, and what its time went into, are what web-vitals with attribution says of the same page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'puppeteer-core';
import type { Beacon } from '../../src/wire.ts';
import { inWorld, pause, settle } from './harness.ts';

/** What web-vitals says, in milliseconds from the start of the navigation or the interaction. */
type Truth = Record<string, { value: number; target?: string; until?: [number, number] } | undefined>;

const TRUTH = `<script src="/web-vitals.attribution.js"></script><script>
  const truth = {};
  webVitals.onLCP(({ value, attribution: { target, timeToFirstByte, resourceLoadDelay, resourceLoadDuration } }) => {
    const requested = timeToFirstByte + resourceLoadDelay;
    truth.lcp = { value, target, until: [requested, requested + resourceLoadDuration] };
  });
  webVitals.onINP(({ value, attribution: { interactionTarget: target, inputDelay, processingDuration } }) => {
    truth.inp = { value, target, until: [inputDelay, inputDelay + processingDuration] };
  });
  webVitals.onCLS(({ value, attribution }) => {
    truth.cls = { value, target: attribution.largestShiftTarget };
  });
  addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') navigator.sendBeacon('/told', JSON.stringify(truth));
  });
</script>`;

/** The beacon of a page, and what web-vitals says of it. */
const visit = (
  body: string,
  act: (page: Page) => Promise<unknown>,
  check: (beacon: Beacon, truth: Truth) => void,
): (() => Promise<void>) =>
  inWorld(async (world) => {
    world.pages.set('/', { head: TRUTH, body, alone: true, delayMs: 100 });
    const page = await (await world.launch()).newPage();
    await page.goto(world.address('/'));
    await settle(page);
    await act(page);
    await page.goto('about:blank');
    check(await world.onlyPage(), world.told[0] as Truth);
  });

const assertClose = (ours: number[] | undefined, theirs: number[] | undefined, tolerance: number): void => {
  const close = ours?.every((moment, i) => Math.abs(moment - (theirs?.[i] ?? NaN)) <= tolerance);
  assert.ok(ours?.length === 2 && close, `beacon ${String(ours)}, web-vitals ${String(theirs)}`);
};

/** web-vitals writes the way from the nearest id or the root; the beacon its end. */
const assertEnds = (theirs: string | undefined, ours: string | null | undefined): void => {
  assert.ok(ours && theirs?.split('>').at(-1) === ours, `beacon ${String(ours)}, web-vitals ${String(theirs)}`);
};

test(
  'the largest paint is of a slow image',
  visit(
    '<h1>Winkel</h1><img class="hero" src="/picture.svg?ms=700" width="600" height="400">',
    () => pause(200),
    ({ vitals, cause }, { lcp }) => {
      assert.equal(cause?.lcp?.target, 'img.hero');
      assertEnds(lcp?.target, cause.lcp.target);
      assertClose(cause.lcp.until, lcp?.until, 1);
      const [requested = NaN, arrived = NaN] = cause.lcp.until ?? [];
      assert.ok(requested >= (vitals?.ttfb ?? NaN), 'requested before there was a page');
      assert.ok(arrived - requested >= 690, 'the image took 700 ms');
      assert.ok(arrived <= (vitals?.lcp ?? NaN), 'painted before it had come');
    },
  ),
);

test(
  'the largest paint is of text, which has no resource',
  visit(
    `<p id="about">${'Winkel '.repeat(300)}</p>`,
    () => Promise.resolve(),
    ({ cause }, { lcp }) => {
      assert.deepEqual(cause?.lcp, { target: '#about' });
      assertEnds(lcp?.target, cause.lcp.target);
    },
  ),
);

test(
  'the slowest interaction: its delay, its handlers, and the button',
  visit(
    `<button class="buy now" style="font-size:40px">Koop</button><script>
      const hold = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
      document.querySelector('button').addEventListener('click', () => hold(180));
      document.querySelector('button').addEventListener('pointerdown', () => setTimeout(hold, 0, 20));
    </script>`,
    async (page) => {
      // A finger stays down for a while; else both ends of the tap are painted at once.
      await page.click('button', { delay: 120 });
      await pause(1500);
    },
    ({ vitals, cause }, { inp }) => {
      assert.equal(cause?.inp?.target, 'button.buy.now');
      assertEnds(inp?.target, cause.inp.target);
      // web-vitals looks at every event of the frame; the beacon at the longest of the interaction.
      assertClose(cause.inp.until, inp?.until, 8);
      const [began = NaN, ended = NaN] = cause.inp.until ?? [];
      assert.ok(began >= 0 && ended - began >= 175 && ended <= (vitals?.inp ?? NaN) + 8, JSON.stringify(cause.inp));
    },
  ),
);

test(
  'an element that is gone by the next frame is not guessed at',
  visit(
    `<div><button id="once" style="font-size:40px" onclick="this.remove();
      const end = performance.now() + 150; while (performance.now() < end);">Koop</button></div>`,
    async (page) => {
      await page.click('#once');
      await pause(1500);
    },
    ({ vitals, cause }) => {
      assert.ok((vitals?.inp ?? 0) >= 150);
      assert.equal(cause?.inp?.target, undefined);
      assert.equal(cause?.inp?.until?.length, 2);
    },
  ),
);

test(
  'what moved most',
  visit(
    `<div id="banner"></div><p class="text" style="margin:0;height:300px;background:#cde">Beschrijving</p><b>klein</b><script>
      setTimeout(() => { banner.style.height = '150px'; }, 300);
    </script>`,
    () => pause(500),
    ({ vitals, cause }, { cls }) => {
      assert.ok((vitals?.cls ?? 0) > 0.02);
      assert.deepEqual(cause?.cls, { target: 'p.text' });
      assertEnds(cls?.target, cause.cls.target);
    },
  ),
);

test(
  'what did not happen has no cause',
  visit(
    '<h1>Winkel</h1>',
    () => Promise.resolve(),
    ({ vitals, cause }) => {
      assert.equal(vitals?.cls, 0);
      assert.deepEqual(Object.keys(cause ?? {}), ['lcp']);
    },
  ),
);
