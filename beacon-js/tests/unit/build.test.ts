// The committed script is what the source builds, and stays small.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { bundle } from '../../build.mjs';

const committed = readFileSync(new URL('../../dist/beacon.js', import.meta.url));
const BROTLI_BYTES_MAX = 3000;

test('dist/beacon.js is what the source builds, byte for byte', async () => {
  const built = Buffer.from(await bundle());
  assert.ok(built.equals(committed), 'dist/beacon.js is not up to date: run `npm run build` and commit it');
});

test('it stays under its size', () => {
  const size = brotliCompressSync(committed).length;
  assert.ok(size < BROTLI_BYTES_MAX, `${String(size)} bytes of brotli`);
});

test('it keeps the page in the back/forward cache and works under a strict content security policy', () => {
  const code = committed.toString();
  assert.doesNotMatch(code, /unload/, 'an unload handler keeps a page out of the back/forward cache');
  assert.doesNotMatch(code, /\beval\b|new Function|innerHTML|document\.write/);
});
