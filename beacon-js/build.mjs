// Builds dist/beacon.js, the one file that a page loads and that the collector embeds, and prints its size.
//
// The same source and the pinned esbuild give the same bytes on every machine: the file is committed, and a
// test builds it again.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/** The bundle's bytes. */
export const bundle = async () => {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: ['src/index.ts'],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2021',
    charset: 'utf8',
    legalComments: 'none',
    // Names of the inside only: none of them is in the wire format, in storage or in the browser.
    mangleProps:
      /^(restoredAt|activatedAt|hiddenAt|over|changed|watches|facts|arm|send|sendLast|convert|add|estimate|ms|names)$/,
    // No "use strict": the compiler has checked more than it would.
    tsconfigRaw: {},
    write: false,
  });
  return outputFiles[0].contents;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const code = await bundle();
  mkdirSync(`${here}/dist`, { recursive: true });
  writeFileSync(`${here}/dist/beacon.js`, code);
  const sizes = {
    raw: code.length,
    gzip: gzipSync(code, { level: 9 }).length,
    brotli: brotliCompressSync(code).length,
  };
  for (const [name, bytes] of Object.entries(sizes)) console.log(`${name.padEnd(7)}${String(bytes).padStart(6)} bytes`);
}
