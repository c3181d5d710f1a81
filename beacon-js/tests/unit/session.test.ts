// When a session begins and ends.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { storage } from './fakes.ts';
import { forget, nextView, store, type Visit } from '../../src/session.ts';

const MINUTE_MS = 60_000;
const START = 1_800_000_000_000;

let now = START;
let draw = 0;

beforeEach(() => {
  now = START;
  draw = 0;
  mock.method(Date, 'now', () => now);
  mock.method(Math, 'random', () => draw);
  forget();
});
afterEach(() => {
  mock.restoreAll();
});

/** The next view of the same tab, `ms` later. */
const after = (ms: number, rate = 1): Visit => {
  now += ms;
  const visit = nextView(true, rate);
  store(visit);
  return visit;
};

test('views within half an hour are one session', () => {
  const one = after(0);
  assert.match(one.id, /^[0-9a-f]{16,64}$/);
  assert.deepEqual({ ...one, id: '' }, { id: '', n: 1, at: START, rate: undefined, sampled: true, orders: [] });
  const two = after(30 * MINUTE_MS);
  const three = after(30 * MINUTE_MS);
  assert.deepEqual([two.id, two.n, three.id, three.n], [one.id, 2, one.id, 3]);
});

test('what the session carries stays', () => {
  const one = { ...after(0), landing: { lcp: 1830, ref: 'https://a.example/' }, channel: 'affiliate', orders: ['A1'] };
  store(one);
  draw = 0.9;
  const { rate, ...kept } = one;
  assert.equal(rate, undefined);
  assert.deepEqual(after(1, 0.5), { ...kept, n: 2, at: one.at + 1 });
});

test('half an hour without a view ends it', () => {
  const one = { ...after(0), landing: { lcp: 1830 }, channel: 'x', orders: ['A1'] };
  store(one);
  const next = after(30 * MINUTE_MS + 1);
  assert.notEqual(next.id, one.id);
  assert.deepEqual([next.n, next.landing, next.channel, next.orders], [1, undefined, undefined, []]);
});

test('a clock set back does not end it, and does not make it last', () => {
  const one = after(0);
  const two = after(-100 * 24 * 60 * MINUTE_MS);
  assert.deepEqual([two.id, two.n], [one.id, 2]);
  assert.notEqual(after(31 * MINUTE_MS).id, one.id);
});

test('what is no session begins a new one', () => {
  for (const text of ['', 'null', '{}', '{"id":7}', '{"at":"yesterday"}', '[]', '"text"', '5', '{', 'undefined']) {
    storage['graadmeter'] = text;
    assert.equal(nextView(true, 1).n, 1, text);
  }
});

test('a visitor who is not followed has a new one each time', () => {
  const one = after(0);
  const alone = nextView(false, 1);
  assert.equal(alone.n, 1);
  assert.notEqual(alone.id, one.id);
});

test('forgetting leaves nothing', () => {
  after(0);
  assert.ok(storage['graadmeter']);
  forget();
  assert.equal(storage['graadmeter'], undefined);
});

test('the draw decides once, and as often as the rate says', () => {
  for (const [drawn, rate, sampled, written] of [
    [0.2499, 0.25, true, 0.25],
    [0.25, 0.25, false, 0.25],
    [0, 0, false, 0],
    [0.999_999, 1, true, undefined],
    [0.999_999, 2, true, undefined],
    [0.999_999, NaN, true, undefined],
  ] as const) {
    forget();
    draw = drawn;
    const visit = nextView(true, rate);
    assert.deepEqual([visit.sampled, visit.rate], [sampled, written], `${String(drawn)} of ${String(rate)}`);
  }
  forget();
  draw = 0.5;
  after(0, 0.25);
  draw = 0;
  assert.equal(after(1).sampled, false, 'decided by the first view');
});
