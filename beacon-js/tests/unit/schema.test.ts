// The collector's schema, our types and the shared fixtures say the same of the wire format.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { HOSTS_MAX, NAME_CHARACTERS_MAX, URL_CHARACTERS_MAX } from '../../src/limits.ts';
import type { Beacon } from '../../src/wire.ts';
import { accepts, assertValid } from '../schema.ts';

/** What the collector takes (crate graadmeter-wire, module `limits`). */
const BODY_BYTES_MAX = 16 * 1024;

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

/** Not what only a probe sends, what is the same as absent, or a host without the time that we always give. */
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

/** Text that takes the most bytes: the longest characters of the Basic Multilingual Plane, or what JSON escapes. */
const long = (characters: number): string => '€'.repeat(characters);
const escaped = (characters: number): string => '"'.repeat(characters);

test('the schema knows every key that a beacon can send, and the fullest one fits', () => {
  const url = `https://www.shop.example/${'p'.repeat(URL_CHARACTERS_MAX)}`.slice(0, URL_CHARACTERS_MAX);
  const ms = 599_999.9999;
  for (const text of [long, escaped]) {
    const name = text(NAME_CHARACTERS_MAX);
    const campaign = { source: name, medium: name, name, click: 'c'.repeat(NAME_CHARACTERS_MAX) };
    const part = { target: name, until: [ms, ms] };
    const page: Required<Omit<Beacon, 'conversion' | 'marks'>> = {
      v: 1, site: 's'.repeat(NAME_CHARACTERS_MAX), id: '4'.repeat(30), kind: 'page', url, ref: url, page: name,
      stage: name, channel: name, nav: 'back_forward', campaign, variant: name, rate: 0.0001,
      tz: 'America/Argentina/ComodRivadavia',
      session: { id: '4'.repeat(30), n: 100_000, landing: { lcp: ms, load: ms, ref: url, page: name, campaign } },
      device: { w: 100_000, h: 100_000, dpr: 1.3333, touch: 256, memory: 1024, ect: 'slow-2g', mobile: true, webdriver: true },
      timing: {
        redirect: ms, dns: ms, connect: ms, tls: ms, ttfb: ms, response: ms,
        dom_interactive: ms, dom_content_loaded: ms, load: ms,
      },
      vitals: { ttfb: ms, fcp: ms, lcp: ms, inp: 59_999.9999, cls: 99.9999 },
      cause: { lcp: part, inp: part, cls: { target: name } },
      third_party: Array.from({ length: HOSTS_MAX }, (_, i) => ({
        host: `${String(i + 10)}${'h'.repeat(NAME_CHARACTERS_MAX - 2)}`, count: 10_000, bytes: 1e10, ms,
      })),
      errors: 10_000,
    }; // prettier-ignore
    const sale: Beacon = {
      ...page, timing: undefined, vitals: undefined, cause: undefined, third_party: undefined,
      errors: undefined, kind: 'conversion',
      conversion: { value: '999999999999.999999', currency: 'EUR', order: name, first: false },
    }; // prettier-ignore
    for (const fullest of [page, sale]) {
      const body = JSON.stringify(fullest);
      assertValid(JSON.parse(body));
      const bytes = Buffer.byteLength(body);
      assert.ok(bytes <= BODY_BYTES_MAX, `${fullest.kind}: ${String(bytes)} bytes`);
    }
  }
});
