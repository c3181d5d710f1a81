// The arithmetic of the metrics, against their definitions worked out by hand.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { slowest as Slowest } from '../../src/vitals/inp.ts';
import type { shiftWindows as ShiftWindows } from '../../src/vitals/cls.ts';
import { timingOf } from '../../src/navigation.ts';

let slowest: typeof Slowest;
let shiftWindows: typeof ShiftWindows;

before(async () => {
  // These modules ask the browser what it can observe.
  Object.assign(globalThis, { window: {} });
  ({ slowest } = await import('../../src/vitals/inp.ts'));
  ({ shiftWindows } = await import('../../src/vitals/cls.ts'));
});

const worst = (shifts: [startTime: number, value: number, hadRecentInput?: boolean][]): number => {
  const add = shiftWindows();
  return shifts.reduce((_, [startTime, value, hadRecentInput = false]) => add({ startTime, value, hadRecentInput }), 0);
};

test('shifts add up within a session window, and the worst window counts', () => {
  const close = (actual: number, expected: number): void => {
    assert.ok(Math.abs(actual - expected) < 1e-9, `${String(actual)} is not ${String(expected)}`);
  };
  close(worst([]), 0);
  close(worst([[100, 0.1]]), 0.1);
  close(worst([[0, 0.1], [999, 0.1]]), 0.2); // prettier-ignore
  close(
    worst([
      [0, 0.1],
      [1000, 0.1],
    ]),
    0.1,
  ); // A second apart is another window.
  close(
    worst([
      [0, 0.1],
      [500, 0.2],
      [3000, 0.25],
    ]),
    0.3,
  );
  close(
    worst([
      [0, 0.1],
      [500, 0.2],
      [3000, 0.25],
      [3500, 0.1],
    ]),
    0.35,
  );
  close(
    worst([
      [0, 0.1],
      [100, 0.5, true],
      [200, 0.1],
    ]),
    0.2,
  ); // After an input it is expected,
  close(
    worst([
      [0, 0.1],
      [600, 0.5, true],
      [1200, 0.1],
    ]),
    0.1,
  ); // and does not keep the window open.
  // Every 900 ms: the window is full after five seconds, so six shifts, and then begins anew.
  close(worst(Array.from({ length: 20 }, (_, i) => [i * 900, 0.01])), 0.06);
});

test('of few interactions the slowest counts', () => {
  const interactions = slowest();
  assert.equal(interactions.estimate(0), undefined);
  interactions.add(0, 900); // No interaction.
  assert.equal(interactions.estimate(3), undefined);
  interactions.add(7, 48);
  interactions.add(14, 120);
  interactions.add(21, 64);
  assert.equal(interactions.estimate(3), 120);
  assert.equal(interactions.estimate(49), 120);
});

test('events of one interaction are one, as long as the longest', () => {
  const interactions = slowest();
  for (const ms of [56, 200, 80]) interactions.add(7, ms);
  interactions.add(14, 104);
  assert.equal(interactions.estimate(2), 200);
  assert.equal(interactions.estimate(50), 104);
});

test('one in fifty is left out', () => {
  const interactions = slowest();
  for (let i = 1; i <= 200; i++) interactions.add(i * 7, i * 8);
  assert.equal(interactions.estimate(49), 1600);
  assert.equal(interactions.estimate(50), 1592);
  assert.equal(interactions.estimate(199), 1576);
  assert.equal(interactions.estimate(200), 1568);
  assert.equal(interactions.estimate(100_000), 191 * 8, 'only the ten slowest are kept');
});

test('fewer slow interactions than places: the quickest of them', () => {
  const interactions = slowest();
  interactions.add(7, 300);
  interactions.add(14, 200);
  assert.equal(interactions.estimate(500), 200);
});

/** A navigation entry with the times of a fetch over a new TLS connection. */
const ENTRY = {
  activationStart: 0, redirectStart: 0, redirectEnd: 0, domainLookupStart: 5, domainLookupEnd: 17, connectStart: 17,
  secureConnectionStart: 40, connectEnd: 71, responseStart: 184.54, responseEnd: 224.54, domInteractive: 700,
  domContentLoadedEventEnd: 820, loadEventEnd: 1632,
}; // prettier-ignore
const VIEW = { restoredAt: 0, activatedAt: 0, hiddenAt: Infinity };
const timing = (entry: Partial<typeof ENTRY>, view: Partial<typeof VIEW> = {}, now = 2000): unknown => {
  const found = timingOf({ ...ENTRY, ...entry } as PerformanceNavigationTiming, { ...VIEW, ...view }, now);
  return found && JSON.parse(JSON.stringify(found));
};
const WHOLE = {
  redirect: 0, dns: 12, connect: 23, tls: 31, ttfb: 184.5, response: 40, dom_interactive: 700,
  dom_content_loaded: 820, load: 1632,
}; // prettier-ignore

test('phases of a navigation', () => {
  assert.deepEqual(timing({}), WHOLE);
  assert.deepEqual(timing({ secureConnectionStart: 0 }), { ...WHOLE, connect: 54, tls: 0 }, 'without TLS');
  const reused = { domainLookupStart: 5, domainLookupEnd: 5, connectStart: 5, secureConnectionStart: 5, connectEnd: 5 };
  assert.deepEqual(timing(reused), { ...WHOLE, dns: 0, connect: 0, tls: 0 }, 'a reused connection');
});

test('what the page has not reached is left out', () => {
  const { load, dom_content_loaded, response, ...early } = WHOLE;
  assert.ok(load && dom_content_loaded && response);
  assert.deepEqual(timing({ responseEnd: 0, domContentLoadedEventEnd: 0, loadEventEnd: 0 }, {}, 750), early);
});

test('what nobody waited for is left out', () => {
  const { load, ...seen } = WHOLE;
  assert.ok(load);
  assert.deepEqual(timing({}, { hiddenAt: 1000 }), seen, 'loaded after it was hidden');
  const prerendered = timing({ activationStart: 200 }, { activatedAt: 200 });
  const late = { response: 24.5, dom_interactive: 500, dom_content_loaded: 620, load: 1432 };
  assert.deepEqual(prerendered, { redirect: 0, dns: 0, connect: 0, tls: 0, ttfb: 0, ...late });
});

test('an account that cannot be believed is not', () => {
  assert.equal(timing({ responseStart: 0 }), undefined);
  assert.equal(timing({ responseStart: -5 }), undefined);
  assert.equal(timing({ responseStart: 3000 }), undefined);
  assert.equal(timing({}, { restoredAt: 5000 }, 6000), undefined);
  assert.equal(timingOf(undefined, VIEW, 0), undefined);
});
