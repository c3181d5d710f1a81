// A wrong amount never leaves the page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amountOf, type Sale } from '../../src/conversion.ts';

const decimal = (value: unknown): string | undefined => amountOf({ value } as Sale)?.value;

test('exact decimals', () => {
  for (const [value, written] of [
    ['59.95', '59.95'],
    [59.95, '59.95'],
    [60, '60'],
    [0, '0'],
    ['0.000001', '0.000001'],
    [0.1 + 0.2, '0.3'],
    [59.949999999999996, '59.95'],
    [1.1 * 3, '3.3'],
    [999999999999.99, '999999999999.99'],
    ['999999999999.999999', '999999999999.999999'],
  ] as const) {
    assert.equal(decimal(value), written);
  }
});

test('no decimals', () => {
  for (const value of [
    '59,95', '1.000,00', '1,000.00', '€ 5', '5 EUR', '', ' ', '-5', '+5', '1e3', '0x10', '.5', '5.', '1.2.3', '٣',
    '1000000000000', '0.0000001', '5\n', -1, NaN, Infinity, 1e21, 1e12, null, undefined, {}, [], true, [5, 6],
  ]) {
    assert.equal(decimal(value), undefined, JSON.stringify(value));
  } // prettier-ignore
});

test('sums of cents, added as floating-point numbers, come out exact', () => {
  let seed = 1;
  for (let round = 0; round < 500; round++) {
    let cents = 0;
    let sum = 0;
    for (let line = 0; line < 12; line++) {
      seed = (seed * 48271) % 2147483647;
      const price = seed % 1_000_000;
      cents += price;
      sum += price / 100;
    }
    const exact = `${String(Math.floor(cents / 100))}.${String(cents % 100).padStart(2, '0')}`;
    assert.equal(decimal(sum), exact.replace(/\.00$|(?<=\.\d)0$/, ''));
  }
});

test('an amount goes whole or not at all', () => {
  for (const [sale, amount] of [
    [{}, undefined],
    [{ currency: 'EUR' }, undefined],
    [
      { value: '59.95', currency: 'EUR', order: 'A1' },
      { value: '59.95', currency: 'EUR' },
    ],
    [{ value: 5 }, { value: '5', currency: undefined }],
    [{ value: null, currency: null, order: null }, undefined],
    [{ value: '59,95', currency: 'EUR' }, undefined],
    [{ value: 5, currency: 'eur' }, undefined],
    [{ value: '59.95', currency: '€', order: 'A1' }, undefined],
    [{ value: '59.95', currency: 'EURO' }, undefined],
    [{ value: '59.95', currency: '' }, undefined],
  ] as const) {
    assert.deepEqual(amountOf(sale as Sale), amount, JSON.stringify(sale));
  }
});
