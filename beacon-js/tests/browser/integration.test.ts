// Every way to put the beacon on a page, also where the page's policy is strict.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { complaintsOf, inWorld, pause, settle, type ShopPage, type World } from './harness.ts';

const SCRIPT = readFileSync(new URL('../../dist/beacon.js', import.meta.url));
const INTEGRITY = `sha384-${createHash('sha384').update(SCRIPT).digest('base64')}`;

const TAGS = {
  async: '<script async src="/beacon.js" data-site="shop" data-page="home"></script>',
  'in the way': '<script src="/beacon.js" data-site="shop" data-page="home"></script>',
  defer: '<script defer src="/beacon.js" data-site="shop" data-page="home"></script>',
  module: '<script type="module" src="/beacon.js" data-site="shop" data-page="home"></script>',
  'module, async': '<script type="module" async src="/beacon.js" data-site="shop" data-page="home"></script>',
  integrity: `<script async src="/beacon.js" integrity="${INTEGRITY}" crossorigin data-site="shop" data-page="home"></script>`,
  'added by a tag manager': `<script>{ const script = document.createElement('script'); script.src = '/beacon.js';
    script.dataset.site = 'shop'; script.dataset.page = 'home'; document.head.append(script); }</script>`,
  'the npm module': `<script type="module">import { start } from '/beacon.mjs';
    const graadmeter = start({ site: 'shop', collector: location.origin + '/' }); graadmeter('page', 'home');</script>`,
};

const visit = async (world: World, shopPage: ShopPage): Promise<string[]> => {
  world.pages.set('/', { alone: true, ...shopPage });
  const page = await (await world.launch()).newPage();
  const complaints = complaintsOf(page);
  await page.goto(world.address('/'));
  await settle(page);
  await pause(500);
  await page.goto('about:blank');
  return complaints;
};

for (const [name, instead] of Object.entries(TAGS)) {
  test(
    `tag: ${name}`,
    inWorld(async (world) => {
      const complaints = await visit(world, { instead });
      const { site, page, nav, vitals, timing } = await world.onlyPage();
      assert.deepEqual([site, page, nav], ['shop', 'home', 'navigate']);
      assert.ok((vitals?.fcp ?? 0) > 0 && (timing?.load ?? 0) > 0);
      assert.deepEqual(complaints, []);
    }),
  );
}

test(
  'the npm module: what it answers is window.graadmeter, and a second start has no effect',
  inWorld(async (world) => {
    const complaints = await visit(world, {
      instead: `<script type="module">import { start } from '/beacon.mjs';
        const first = start({ site: 'shop', collector: location.origin + '/', rate: '1', page: 'home' });
        const second = start({ site: 'other', collector: 'https://nowhere.invalid/' });
        second('convert', { value: '5', currency: 'EUR', order: 'A1' });
        const { session } = first.context();
        navigator.sendBeacon('/told', JSON.stringify(session));</script>`,
    });
    const [sale, view] = await world.beacons(2);
    assert.equal(world.received.length, 2);
    assert.deepEqual([sale?.site, sale?.kind, view?.site, view?.page], ['shop', 'conversion', 'shop', 'home']);
    assert.equal((world.told[0] as { id: string }).id, view?.session?.id);
    assert.deepEqual(complaints, []);
  }),
);

test(
  'the npm module throws nothing into a page whose visitor refuses, and whose storage is forbidden',
  inWorld(async (world) => {
    const complaints = await visit(world, {
      instead: `<script type="module">import { start } from '/beacon.mjs';
        Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });
        Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } });
        const graadmeter = start({ site: 'shop', collector: location.origin + '/' });
        graadmeter('convert', { order: 'A1' });
        navigator.sendBeacon('/told', JSON.stringify(graadmeter.context() ?? 'nothing'));</script>`,
    });
    assert.deepEqual(await world.beacons(0), []);
    assert.deepEqual([world.told, complaints], [['nothing'], []]);
  }),
);

const POLICY = (world: World): string =>
  `default-src 'none'; img-src data:; script-src 'nonce-Zr4' 'strict-dynamic'; ` +
  `connect-src ${world.address('')}; require-trusted-types-for 'script'; trusted-types 'none'`;
/** Keeps what the page's policy complains of. */
const VIOLATIONS = `<script nonce="Zr4">window.violations = [];
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) => {
    violations.push([violatedDirective, blockedURI, sourceFile].join(' '));
  });</script>`;

for (const [name, attributes] of [
  ['', ''],
  [', with the second file', 'data-auto'],
  [', as a module with the second file', 'type="module" data-auto'],
] as const) {
  test(
    `a strict content security policy, with Trusted Types${name}: no violation`,
    inWorld(async (world) => {
      world.pages.set('/', {
        alone: true,
        headers: { 'Content-Security-Policy': POLICY(world) },
        head: `${VIOLATIONS}<script nonce="Zr4">window.dataLayer = [{ event: 'purchase', transaction_id: 'A1' }];</script>`,
        instead: `<script nonce="Zr4" async src="/beacon.js" data-site="shop" ${attributes}></script>`,
      });
      const page = await (await world.launch()).newPage();
      const complaints = complaintsOf(page);
      await page.goto(world.address('/'));
      await settle(page);
      await pause(500);
      assert.deepEqual(await page.evaluate('violations'), []);
      assert.equal(await page.evaluate(`trustedTypes.defaultPolicy`), null, 'the policy is in force');
      await page.goto('about:blank');
      const beacons = await world.beacons(attributes ? 2 : 1);
      assert.deepEqual(
        beacons.map(({ kind }) => kind),
        attributes ? ['conversion', 'page'] : ['page'],
      );
      assert.deepEqual(complaints, []);
    }),
  );
}
