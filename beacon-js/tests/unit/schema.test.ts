// The collector's schema, our types and the shared fixtures say the same of the wire format.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { URL_BYTES_MAX } from '../../src/limits.ts';
import type { Beacon } from '../../src/wire.ts';
import { accepts, assertValid } from '../schema.ts';

const FIXTURES = new URL('../../../tests/fixtures/wire/v1/', import.meta.url);
const read = (folder: string): [name: string, text: string][] =>
  readdirSync(new URL(`${folder}/`, FIXTURES)).map((name) => [
    name,
    readFileSync(new URL(`${folder}/${name}`, FIXTURES), 'utf8'),
  ]);

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not JSON: as invalid as can be.
  }
};

test('the schema takes every valid fixture', () => {
  const fixtures = read('valid');
  assert.ok(fixtures.length > 20);
  for (const [name, text] of fixtures)
    assert.ok(accepts(JSON.parse(text)), `${name}: ${JSON.stringify(accepts.errors)}`);
});

test('the schema refuses every invalid fixture', () => {
  const fixtures = read('invalid');
  assert.ok(fixtures.length > 50);
  for (const [name, text] of fixtures) assert.ok(!accepts(parse(text)), name);
});

/** What only a probe or a later beacon sends, and what is the same as absent. */
const isOurs = (text: string): boolean => {
  const value = JSON.parse(text) as Record<string, unknown>;
  return !/:\s*null\b/.test(text) && !['third_party', 'source', 'region', 'check'].some((key) => key in value);
};

test('our types take the valid fixtures of a browser', () => {
  const ours = read('valid').filter(([name, text]) => isOurs(text) && !name.startsWith('unknown-keys'));
  assert.ok(ours.length > 15, 'hardly any fixture was compared');
  const declarations = ours.map(
    ([name, text], i) => `/* ${name} */ export const fixture${String(i)}: Beacon = ${text};`,
  );
  const path = fileURLToPath(new URL('fixtures.ts', import.meta.url));
  const source = `import type { Beacon } from '../../src/wire.ts';\n${declarations.join('\n')}`;
  const options: ts.CompilerOptions = {
    strict: true, noEmit: true, exactOptionalPropertyTypes: true, allowImportingTsExtensions: true, types: [],
    module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022,
  }; // prettier-ignore
  const host = ts.createCompilerHost(options);
  const fileExists = host.fileExists.bind(host);
  const readFile = host.readFile.bind(host);
  host.fileExists = (name) => name === path || fileExists(name);
  host.readFile = (name) => (name === path ? source : readFile(name));
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (name, language) =>
    name === path ? ts.createSourceFile(name, source, language) : getSourceFile(name, language);
  const complaints = ts
    .getPreEmitDiagnostics(ts.createProgram([path], options, host))
    .map(({ messageText, start = 0, file }) => {
      const line = source
        .slice(0, file?.fileName === path ? start : 0)
        .split('\n')
        .at(-1);
      return `${line?.slice(0, 80) ?? ''} … ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  assert.deepEqual(complaints, []);
});

test('the schema knows every key that a beacon can send, and the fullest one fits', () => {
  const path = `https://www.shop.example/${'p'.repeat(URL_BYTES_MAX)}`.slice(0, URL_BYTES_MAX);
  const campaign = { source: '"'.repeat(128), medium: '\\'.repeat(128), name: '"'.repeat(128), click: 'li_fat_id' };
  const number = 599_999.9;
  const fullest: Required<Beacon> = {
    v: 1, site: 's'.repeat(64), id: 'f'.repeat(32), kind: 'conversion', url: path, ref: path, page: '"'.repeat(64),
    channel: '"'.repeat(64), nav: 'back_forward', campaign, variant: '"'.repeat(64), rate: 0.0001,
    tz: 'America/Argentina/ComodRivadavia',
    session: { id: 'f'.repeat(32), n: 100_000, landing: { lcp: number, load: number, ref: path, page: '"'.repeat(64), campaign } },
    device: { w: 100_000, h: 100_000, dpr: 1.100000023841858, touch: 256, memory: 1024, ect: 'slow-2g', mobile: true, webdriver: true },
    timing: {
      redirect: number, dns: number, connect: number, tls: number, ttfb: number, response: number,
      dom_interactive: number, dom_content_loaded: number, load: number,
    },
    vitals: { ttfb: number, fcp: number, lcp: number, inp: 59_999.9, cls: 99.9999 },
    conversion: { value: '999999999999.999999', currency: 'EUR', order: '"'.repeat(128), first: false },
  }; // prettier-ignore
  const body = JSON.stringify(fullest);
  assertValid(JSON.parse(body));
  assert.ok(Buffer.byteLength(body) <= 16 * 1024, `${String(Buffer.byteLength(body))} bytes`);
});
