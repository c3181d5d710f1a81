// Text, numbers and names as they go on the wire.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaignOf } from '../../src/campaign.ts';
import { measured } from '../../src/number.ts';
import { rateOf } from '../../src/settings.ts';
import { clip, randomId, withoutQuery } from '../../src/text.ts';

test('text is cut to bytes, never inside a character', () => {
  for (const [text, bytes, expected] of [
    ['winter', 64, 'winter'],
    ['winter', 6, 'winter'],
    ['winter', 5, 'winte'],
    ['één', 2, 'é'],
    ['één', 3, 'é'],
    ['één', 4, 'éé'],
    ['€€', 5, '€'],
    ['👟👟', 7, '👟'],
    ['👟', 3, undefined],
    ['a\u0000b\u001f\u007f\u009fc', 64, 'abc'],
    ['\n', 64, undefined],
    ['', 64, undefined],
    [null, 64, undefined],
    [undefined, 64, undefined],
    ['\ud83d!', 64, '\ufffd!'],
  ] as const) {
    assert.equal(clip(text, bytes), expected, JSON.stringify([text, bytes]));
  }
});

test('every cut text fits and is a beginning of the whole', () => {
  const whole = 'a é € 👟 e\u0301 ﷽ 日本語 '.repeat(4);
  const all = new TextEncoder().encode(whole).length;
  for (let bytes = 1; bytes <= all; bytes++) {
    const cut = clip(whole, bytes) ?? '';
    const length = new TextEncoder().encode(cut).length;
    assert.ok(whole.startsWith(cut) && length <= bytes && length > bytes - 4, String(bytes));
  }
});

test('addresses lose query and fragment', () => {
  for (const [address, expected] of [
    ['https://a.example/p?mail=x@y.z#top', 'https://a.example/p'],
    ['https://a.example/p#top?x', 'https://a.example/p'],
    ['android-app://com.google.android.gm/', 'android-app://com.google.android.gm/'],
    ['', undefined],
    ['?q', undefined],
  ] as const) {
    assert.equal(withoutQuery(address), expected);
  }
});

test('ids are 32 random hexadecimal digits', () => {
  const ids = Array.from({ length: 2000 }, randomId);
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(new Set(ids).size, ids.length);
  for (let place = 0; place < 32; place++) {
    assert.equal(new Set(ids.map((id) => id[place])).size, 16, `digit ${String(place)} does not vary`);
  }
});

test('measured values are rounded, and left out when they cannot be', () => {
  assert.equal(measured(912.4499), 912.4);
  assert.equal(measured(0), 0);
  assert.equal(measured(600_000), 600_000);
  assert.equal(measured(0.03456, 100, 4), 0.0346);
  for (const impossible of [undefined, NaN, -1, -0.001, 600_001, Infinity]) {
    assert.equal(measured(impossible), undefined);
  }
});

test('a rate that is none reports everybody', () => {
  for (const [text, rate] of [
    [undefined, 1],
    ['', 1],
    ['1', 1],
    ['0.25', 0.25],
    ['.5', 0.5],
    ['0', 0],
    ['0.00001', 0.0001],
    ['2', 1],
    ['-1', 1],
    ['half', 1],
    ['NaN', 1],
  ] as const) {
    assert.equal(rateOf(text), rate, text);
  }
});

test('campaigns name the click id, and never tell its value', () => {
  for (const [search, campaign] of [
    ['', undefined],
    ['?page=2', undefined],
    ['?utm_source=', undefined],
    [
      '?utm_source=google&utm_medium=cpc&utm_campaign=Winter+sale&gclid=abc',
      { source: 'google', medium: 'cpc', name: 'Winter sale', click: 'gclid' },
    ],
    ['?fbclid=1', { click: 'fbclid' }],
    ['?ScCid=1', { click: 'ScCid' }],
    ['?fbclid=1&gclid=2', { click: 'gclid' }],
    ['?utm_medium=e%2Dmail%0A', { medium: 'e-mail' }],
    ['?utm_source=%E0%A4%A', { source: '\ufffd%A' }],
    [`?utm_source=${'x'.repeat(300)}`, { source: 'x'.repeat(128) }],
  ] as const) {
    const found = campaignOf(search);
    assert.deepEqual(found && (JSON.parse(JSON.stringify(found)) as unknown), campaign, search);
  }
});
