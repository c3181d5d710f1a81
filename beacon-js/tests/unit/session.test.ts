// When a session begins and ends. Time comes in as an argument.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextView, type Visit } from '../../src/session.ts';

const MINUTE_MS = 60_000;
const always = (): number => 0;

const first = (at = 1_800_000_000_000): Visit => nextView(undefined, at, 1, always);

test('views within half an hour are one session', () => {
  const one = first();
  assert.match(one.id, /^[0-9a-f]{32}$/);
  assert.deepEqual({ ...one, id: '' }, { id: '', n: 1, at: one.at, rate: 1, sampled: true, landing: {}, orders: [] });
  const two = nextView(one, one.at + 30 * MINUTE_MS, 1, always);
  const three = nextView(two, two.at + 30 * MINUTE_MS, 1, always);
  assert.deepEqual([two.id, two.n, three.id, three.n], [one.id, 2, one.id, 3]);
});

test('what the session carries stays', () => {
  const one = { ...first(), landing: { lcp: 1830, ref: 'https://a.example/' }, channel: 'affiliate', orders: ['A1'] };
  const two = nextView(one, one.at + 1, 0.5, () => 0.9);
  assert.deepEqual(two, { ...one, n: 2, at: one.at + 1 });
});

test('half an hour without a view ends it', () => {
  const one = { ...first(), landing: { lcp: 1830 }, channel: 'x', orders: ['A1'] };
  const next = nextView(one, one.at + 30 * MINUTE_MS + 1, 1, always);
  assert.notEqual(next.id, one.id);
  assert.deepEqual([next.n, next.landing, next.channel, next.orders], [1, {}, undefined, []]);
});

test('a clock set back does not end it, and does not make it last', () => {
  const one = first();
  const two = nextView(one, one.at - 100 * 24 * 60 * MINUTE_MS, 1, always);
  assert.deepEqual([two.id, two.n], [one.id, 2]);
  assert.notEqual(nextView(two, two.at + 31 * MINUTE_MS, 1, always).id, one.id);
});

test('what is no session begins a new one', () => {
  for (const stored of [undefined, null, {}, { id: 7 }, { at: 'yesterday' }, [], 'text', 5, { at: NaN }]) {
    assert.equal(nextView(stored as Visit | undefined, Date.now(), 1, always).n, 1);
  }
});

test('its views are counted as far as the wire goes', () => {
  const one = { ...first(), n: 100_000 };
  assert.equal(nextView(one, one.at, 1, always).n, 100_000);
});

test('the draw decides once, and as often as the rate says', () => {
  assert.equal(nextView(undefined, 0, 0.25, () => 0.2499).sampled, true);
  assert.equal(nextView(undefined, 0, 0.25, () => 0.25).sampled, false);
  assert.equal(nextView(undefined, 0, 0, () => 0).sampled, false);
  assert.equal(nextView(undefined, 0, 1, () => 0.999_999).sampled, true);
  const out = nextView(undefined, 0, 0.25, () => 0.5);
  assert.equal(nextView(out, 1, 1, always).sampled, false);
});
