// Builds dist/: what pages load, what the collector embeds, and what npm packs; and prints the sizes.
//
//   beacon.js        the script of the tag
//   beacon-more.js   what only some shops use, fetched by the script when its tag asks for it
//   beacon.mjs       the same beacon as a module, for bundlers
//
// The same source and the pinned esbuild and terser give the same bytes on every machine: the files are committed, and a
// test builds them again.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';

const here = dirname(fileURLToPath(import.meta.url));

/** Each file and what it is built from. */
const FILES = {
  'beacon.js': { entry: 'src/index.ts', format: 'iife' },
  'beacon-more.js': { entry: 'src/more.ts', format: 'esm' },
  'beacon.mjs': { entry: 'src/npm.ts', format: 'esm' },
};

const bundleOne = async ({ entry, format }) => {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    format,
    target: 'es2021',
    charset: 'utf8',
    legalComments: 'none',
    // No "use strict": the compiler has checked more than it would.
    tsconfigRaw: {},
    write: false,
  });
  // Nothing here is caught by a closure in a loop, and of `var` terser merges more.
  const code = outputFiles[0].text.replace(/\b(?:const|let) /g, 'var ');
  const { code: small } = await minify(code, {
    ecma: 2021,
    module: format === 'esm',
    toplevel: true,
    compress: { passes: 4, inline: 2, booleans_as_integers: true, keep_fargs: false, pure_getters: true, unsafe_arrows: true, unsafe_methods: true, hoist_funs: true }, // prettier-ignore
  });
  return Buffer.from(small);
};

/** The bytes of every file, by its name. */
export const bundle = async () =>
  Object.fromEntries(await Promise.all(Object.entries(FILES).map(async ([name, how]) => [name, await bundleOne(how)])));

/** What a file weighs, as it is and compressed as well as can be. */
export const sizes = (code) => ({
  raw: code.length,
  gzip: gzipSync(code, { level: 9 }).length,
  brotli: brotliCompressSync(code).length,
});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(`${here}/dist`, { recursive: true });
  for (const [name, code] of Object.entries(await bundle())) {
    writeFileSync(`${here}/dist/${name}`, code);
    const { raw, gzip, brotli } = sizes(code);
    console.log(`${name.padEnd(16)}${raw} bytes, gzip ${gzip}, brotli ${brotli}`);
  }
}
