// The arithmetic of the metrics, against their definitions worked out by hand.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser } from './fakes.ts';
import { readInteractions, takeEvent } from '../../src/measures/interaction.ts';
import { timing } from '../../src/measures/navigation.ts';
import { takePaint } from '../../src/measures/paint.ts';
import { takeShift } from '../../src/measures/shift.ts';
import type { LayoutShift } from '../../src/platform.ts';
import { cause, enter, hide, vitals } from '../../src/view.ts';

/** Every case is a later view of the same page, as after a return from the back/forward cache. */
let views = 0;
const VIEW_MS = 1_000_000;
/** Begins a view in which something was seen, and answers when it began. */
const view = (): number => {
  const at = ++views * VIEW_MS;
  enter(at, 'bfcache');
  takePaint({ name: 'first-contentful-paint', startTime: at + 1 } as PerformanceEntry);
  return at;
};

type Shift = readonly [startTime: number, value: number, hadRecentInput?: boolean];

const worst = (...shifts: Shift[]): number | undefined => {
  const at = view();
  for (const [startTime, value, hadRecentInput = false] of shifts) {
    takeShift({ startTime: at + startTime, value, hadRecentInput } as LayoutShift);
  }
  return vitals.cls;
};

const close = (actual: number | undefined, expected: number): void => {
  assert.ok(Math.abs((actual ?? NaN) - expected) < 1e-9, `${String(actual)} is not ${String(expected)}`);
};

test('shifts add up within a session window, and the worst window counts', () => {
  close(worst(), 0);
  close(worst([100, 0.1]), 0.1);
  close(worst([0, 0.1], [999, 0.1]), 0.2);
  // A second apart is another window.
  close(worst([0, 0.1], [1000, 0.1]), 0.1);
  close(worst([0, 0.1], [500, 0.2], [3000, 0.25]), 0.3);
  close(worst([0, 0.1], [500, 0.2], [3000, 0.25], [3500, 0.1]), 0.35);
  // After an input it is expected,
  close(worst([0, 0.1], [100, 0.5, true], [200, 0.1]), 0.2);
  // and does not keep the window open.
  close(worst([0, 0.1], [600, 0.5, true], [1200, 0.1]), 0.1);
  // Every 900 ms: the window is full after five seconds, so six shifts, and then begins anew.
  close(worst(...Array.from({ length: 20 }, (_, i): Shift => [i * 900, 0.01])), 0.06);
});

test('a burst does not go on in the next view', () => {
  const at = view();
  takeShift({ startTime: at + VIEW_MS - 100, value: 0.2 } as LayoutShift);
  close(vitals.cls, 0.2);
  close(worst([100, 0.1]), 0.1);
});

test('nobody sees what moves after the page was hidden', () => {
  const at = view();
  hide(at + 500);
  takeShift({ startTime: at + 499, value: 0.1 } as LayoutShift);
  takeShift({ startTime: at + 501, value: 0.1 } as LayoutShift);
  close(vitals.cls, 0.1);
});

test('what moved most in the worst burst is its cause', () => {
  const moved = (id: string): LayoutShift['sources'] => [{ node: { id } as Element }];
  const at = view();
  takeShift({ startTime: at, value: 0.2, sources: moved('little') } as LayoutShift);
  takeShift({ startTime: at + 100, value: 0.5, sources: moved('much') } as LayoutShift);
  takeShift({ startTime: at + 200, value: 0.1, sources: moved('less') } as LayoutShift);
  takeShift({ startTime: at + 3000, value: 0.6, sources: moved('elsewhere') } as LayoutShift);
  close(vitals.cls, 0.8);
  assert.deepEqual(cause.cls, { target: '#much' });
});

/** Events of a view: which interaction, and how long until the next frame. */
type Event = readonly [interactionId: number, duration: number];

let interactions = 0;
/** INP after these events, of a view that had `count` interactions; the ids are made its own. */
const inp = (count: number | undefined, ...events: Event[]): number | undefined => {
  browser.interactionCount = count === undefined ? undefined : 0;
  const at = view();
  interactions += 1000;
  for (const [i, [id, duration]] of events.entries()) {
    const startTime = at + 10 + i;
    takeEvent({
      interactionId: id && interactions + id,
      duration,
      startTime,
      processingStart: startTime + 4,
      processingEnd: startTime + 20,
      target: { id: `target-${String(id)}` } as unknown as Node,
    } as PerformanceEventTiming);
  }
  browser.interactionCount = count;
  readInteractions();
  return vitals.inp;
};

test('of few interactions the slowest counts', () => {
  assert.equal(inp(0), undefined);
  assert.equal(inp(0, [0, 900]), undefined, 'a hover is no interaction');
  assert.equal(inp(3, [7, 48], [14, 120], [21, 64]), 120);
  assert.deepEqual(cause.inp, { target: '#target-14', until: [4, 20] });
  assert.equal(inp(49, [7, 48], [14, 120], [21, 64]), 120);
});

test('events of one interaction are one, as long as the longest', () => {
  assert.equal(inp(2, [7, 56], [7, 200], [7, 80], [14, 104]), 200);
  assert.equal(inp(50, [7, 56], [7, 200], [7, 80], [14, 104]), 104);
});

test('one in fifty is left out', () => {
  const events = Array.from({ length: 200 }, (_, i): Event => [i + 1, (i + 1) * 8]);
  assert.equal(inp(49, ...events), 1600);
  assert.equal(inp(50, ...events), 1592);
  assert.equal(inp(199, ...events), 1576);
  assert.equal(inp(200, ...events), 1568);
  assert.equal(inp(100_000, ...events), 191 * 8, 'only the ten slowest are kept');
});

test('fewer slow interactions than places: the quickest of them', () => {
  assert.equal(inp(500, [7, 300], [14, 200]), 200);
});

test('a later view with quick answers only has 8 ms, as in web-vitals', () => {
  assert.equal(inp(2), 8);
});

test('a browser that does not count interactions gives the slowest', () => {
  assert.equal(inp(undefined, [7, 300], [14, 200]), 300);
  assert.equal(inp(undefined), undefined);
});

test('interactions of the view before are not this view’s', () => {
  assert.equal(inp(1, [7, 300]), 300);
  assert.equal(inp(0), undefined);
  assert.equal(inp(1, [7, 48]), 48);
});

/** A navigation entry with the times of a fetch over a new TLS connection. */
const ENTRY = {
  activationStart: 0, redirectStart: 0, redirectEnd: 0, domainLookupStart: 5, domainLookupEnd: 17, connectStart: 17,
  secureConnectionStart: 40, connectEnd: 71, responseStart: 184.5, responseEnd: 224.5, domInteractive: 700,
  domContentLoadedEventEnd: 820, loadEventEnd: 1632,
}; // prettier-ignore

/** The phases of a view of a page that was loaded, by its navigation entry, at `now`. */
const phases = (entry: Partial<typeof ENTRY> | undefined, hiddenAt = Infinity, now = 2000): unknown => {
  browser.now = now;
  browser.navigation = entry && { type: 'navigate', ...ENTRY, ...entry };
  enter(0);
  hide(hiddenAt);
  const found = timing();
  return found && (JSON.parse(JSON.stringify(found)) as unknown);
};
const WHOLE = {
  redirect: 0, dns: 12, connect: 23, tls: 31, ttfb: 184.5, response: 40, dom_interactive: 700,
  dom_content_loaded: 820, load: 1632,
}; // prettier-ignore

test('phases of a navigation', () => {
  assert.deepEqual(phases({}), WHOLE);
  assert.deepEqual(phases({ secureConnectionStart: 0 }), { ...WHOLE, connect: 54, tls: 0 }, 'without TLS');
  const reused = { domainLookupStart: 5, domainLookupEnd: 5, connectStart: 5, secureConnectionStart: 5, connectEnd: 5 };
  assert.deepEqual(phases(reused), { ...WHOLE, dns: 0, connect: 0, tls: 0 }, 'a reused connection');
});

test('what the page has not reached is left out', () => {
  const { load, dom_content_loaded, response, ...early } = WHOLE;
  assert.ok(load && dom_content_loaded && response);
  assert.deepEqual(
    phases({ responseEnd: 0, domContentLoadedEventEnd: 0, loadEventEnd: 0 }, Infinity, 750),
    early,
    'nothing is zero that has not been',
  );
});

test('what nobody waited for is left out', () => {
  const { load, ...seen } = WHOLE;
  assert.ok(load);
  assert.deepEqual(phases({}, 1000), seen, 'loaded after it was hidden');
  const late = { response: 24.5, dom_interactive: 500, dom_content_loaded: 620, load: 1432 };
  assert.deepEqual(phases({ activationStart: 200 }), { redirect: 0, dns: 0, connect: 0, tls: 0, ttfb: 0, ...late });
});

test('an account that cannot be believed is not', () => {
  assert.equal(phases({ responseStart: 0 }), undefined);
  assert.equal(phases({ responseStart: -5 }), undefined);
  assert.equal(phases({ responseStart: 3000 }), undefined);
  assert.equal(phases(undefined), undefined, 'Safari before 15');
  phases({});
  enter(5000, 'bfcache');
  assert.equal(timing(), undefined, 'the entry is not about a later view');
});
