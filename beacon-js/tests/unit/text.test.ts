// Text, numbers and names as they go on the wire.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaignOf } from '../../src/campaign.ts';
import { namesIn } from '../../src/more/marks.ts';
import { selectorOf } from '../../src/selector.ts';
import { allowed, randomId } from '../../src/text.ts';

const sent = (value: unknown, key = 'page'): unknown =>
  allowed.call({ [key]: value } as ThisParameterType<typeof allowed>, key);

test('text is cut to characters', () => {
  for (const [text, expected] of [
    ['winter', 'winter'],
    ['winter\n', 'winter'],
    ['x'.repeat(65), 'x'.repeat(64)],
    ['é'.repeat(65), 'é'.repeat(64)],
    ['\n', undefined],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ] as const) {
    assert.equal(sent(text), expected, JSON.stringify(text));
  }
  const address = `https://www.shop.example/${'p'.repeat(4096)}`;
  for (const key of ['url', 'ref']) assert.equal(sent(address, key), address.slice(0, 1700));
});

test('text is never cut inside a character: half of one makes the collector refuse the beacon', () => {
  const cut = sent(`${'x'.repeat(63)}👟`) as string;
  assert.doesNotMatch(cut, /\p{Cs}/u);
});

test('text loses its control characters: with one the collector refuses the beacon', () => {
  assert.doesNotMatch(sent('a\u0000b\u001f\u007f\u009fc') as string, /\p{Cc}/u);
});

test('numbers have four decimals, and no quirk of a browser is hidden', () => {
  for (const [value, expected] of [
    [912.4499, 912.4499],
    [912.44994, 912.4499],
    [1.100000023841858, 1.1],
    [0, 0],
    [-1, -1],
    [true, true],
    [false, false],
  ] as const) {
    assert.equal(sent(value, 'lcp'), expected);
  }
  assert.equal(JSON.stringify({ lcp: NaN }, allowed), '{"lcp":null}', 'which is as good as absent');
});

test('ids are enough random hexadecimal digits', () => {
  const ids = Array.from({ length: 2000 }, randomId);
  for (const id of ids) assert.match(id, /^[0-9a-f]{16,64}$/);
  assert.equal(new Set(ids).size, ids.length);
  for (let place = 0; place < 18; place++) {
    assert.ok(new Set(ids.map((id) => id[place])).size >= 9, `digit ${String(place)} does not vary`);
  }
});

test('campaigns name the click id, and never tell its value', () => {
  for (const [search, campaign] of [
    ['', null],
    ['?page=2', null],
    ['?utm_source=google&q=1&gclid=abc&page=2', { source: 'google', click: 'gclid' }],
    ['?utm_source=', {}],
    [
      '?utm_source=google&utm_medium=cpc&utm_campaign=Winter+sale&gclid=abc',
      { source: 'google', medium: 'cpc', name: 'Winter sale', click: 'gclid' },
    ],
    ['?fbclid=1', { click: 'fbclid' }],
    ['?ScCid=1', { click: 'ScCid' }],
    ['?q=1&msclkid=2', { click: 'msclkid' }],
    ['?gbraid=1', { click: 'gbraid' }],
    ['?wbraid=1', { click: 'wbraid' }],
    ['?ttclid=1', { click: 'ttclid' }],
    ['?epik=1', { click: 'epik' }],
    ['?li_fat_id=1', { click: 'li_fat_id' }],
    ['?utm_content=gclid', {}],
    ['?utm_medium=e%2Dmail%0A', { medium: 'e-mail' }],
    ['?utm_source=%E0%A4%A', { source: '\ufffd%A' }],
    [`?utm_source=${'x'.repeat(300)}`, { source: 'x'.repeat(64) }],
  ] as const) {
    const found = campaignOf(new URL(`https://www.shop.example/${search}`));
    assert.deepEqual(found && (JSON.parse(JSON.stringify(found, allowed)) as unknown), campaign, search);
  }
});

test('selectors are short, and of an element', () => {
  const element = (
    localName: string | undefined,
    classList: string[] = [],
    id = '',
    parentElement?: unknown,
  ): Element => ({ localName, classList, id, parentElement }) as unknown as Element;
  const parent = element('p', ['price', 'now']);
  for (const [node, selector] of [
    [element('img', ['hero'], 'main'), '#main'],
    [parent, 'p.price.now'],
    [element('button'), 'button'],
    [element(undefined, [], undefined, parent), 'p.price.now'],
    // A form whose field is named "id" answers with that field.
    [Object.assign(element('form', ['product']), { id: element('input') as unknown as string }), 'form.product'],
    [null, null],
    [undefined, undefined],
  ] as const) {
    assert.equal(selectorOf(node), selector);
  }
});

test('names of marks stand between commas; what would have the beacon refused is none', () => {
  assert.deepEqual([...namesIn(' hero shown,search , ,\u0007bell, a\nb, hero shown')], ['hero shown', 'search']);
  assert.deepEqual([...namesIn(`${'x'.repeat(64)},${'y'.repeat(65)}`)], ['x'.repeat(64)]);
  assert.deepEqual([...namesIn(`${'👟'.repeat(32)},${'👠'.repeat(33)}`)], ['👟'.repeat(32)], '128 bytes and 132');
  assert.equal(namesIn(Array.from({ length: 40 }, (_, n) => `m${String(n)}`).join()).size, 16);
});
