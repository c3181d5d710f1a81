// A wrong amount never leaves the page.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { conversionOf, decimal, type Sale } from '../../src/conversion.ts';

test('exact decimals', () => {
  for (const [value, written] of [
    ['59.95', '59.95'],
    [59.95, '59.95'],
    [' 60 ', '60'],
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
    '59,95',
    '1.000,00',
    '1,000.00',
    '€ 5',
    '5 EUR',
    '',
    ' ',
    '-5',
    '+5',
    '1e3',
    '0x10',
    '.5',
    '5.',
    '1.2.3',
    '٣',
    '1000000000000',
    '0.0000001',
    -1,
    NaN,
    Infinity,
    1e21,
    1e-7,
    1.23456789,
    1e12,
    null,
    undefined,
    {},
    [],
    true,
    [5, 6],
  ]) {
    assert.equal(decimal(value), undefined, JSON.stringify(value));
  }
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

/** What comes of a sale, and which warnings. */
const convert = (sale: unknown): { conversion: unknown; warnings: string[] } => {
  const warn = mock.method(console, 'warn', () => undefined);
  try {
    const conversion: unknown = JSON.parse(JSON.stringify(conversionOf(sale as Sale)));
    return { conversion, warnings: warn.mock.calls.map((call) => String((call.arguments as unknown[])[0])) };
  } finally {
    warn.mock.restore();
  }
};

test('sales', () => {
  for (const [sale, conversion, warned] of [
    [{}, {}, []],
    [{ value: '59.95', currency: 'EUR', order: 'A1' }, { value: '59.95', currency: 'EUR', order: 'A1' }, []],
    [{ value: 5, currency: 'eur', order: 17 }, { value: '5', currency: 'EUR', order: '17' }, []],
    [{ value: null, currency: null, order: null }, {}, []],
    [{ value: '59,95', currency: 'EUR' }, { currency: 'EUR' }, ['value']],
    [{ value: '59.95', currency: '€', order: 'A1' }, { order: 'A1' }, ['currency', 'value']],
    [{ value: '59.95', currency: 'EURO' }, {}, ['currency', 'value']],
    [{ value: 5, order: 'x'.repeat(128) }, { value: '5', order: 'x'.repeat(128) }, []],
    [{ value: 5, order: 'x'.repeat(129) }, { value: '5' }, ['order']],
    [{ value: 5, order: 'a\u0000b' }, { value: '5' }, ['order']],
  ] as const) {
    const found = convert(sale);
    assert.deepEqual(found.conversion, conversion);
    assert.deepEqual(
      found.warnings,
      warned.map((part) => `graadmeter: invalid ${part}`),
    );
  }
});
