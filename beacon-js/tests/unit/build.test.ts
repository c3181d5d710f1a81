// The committed files are what the source builds, and stay small.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { bundle } from '../../build.mjs';

const BROTLI_BYTES_MAX = 3000;
const NAMES = ['beacon-more.js', 'beacon.js', 'beacon.mjs'];

const committed = (name: string): Buffer => readFileSync(new URL(`../../dist/${name}`, import.meta.url));

test('dist/ is what the source builds, byte for byte', async () => {
  const built = await bundle();
  assert.deepEqual(Object.keys(built).sort(), NAMES);
  for (const [name, code] of Object.entries(built)) {
    assert.ok(committed(name).equals(code), `dist/${name} is not up to date: run \`npm run build\` and commit it`);
  }
});

test('the script of the tag stays under its size', () => {
  const size = brotliCompressSync(committed('beacon.js')).length;
  assert.ok(size < BROTLI_BYTES_MAX, `${String(size)} bytes of brotli`);
});

for (const name of NAMES) {
  test(`${name} keeps the page in the back/forward cache and works under a strict content security policy`, () => {
    const code = committed(name).toString();
    assert.ok(code.length > 1000, 'hardly any code');
    assert.doesNotMatch(code, /unload/, 'an unload handler keeps a page out of the back/forward cache');
    assert.doesNotMatch(code, /\beval\b|\bFunction\s*\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write/);
  });
}
