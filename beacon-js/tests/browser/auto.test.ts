// Purchases that a page tells to others anyway, or shows: read when asked for, each order once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { call, complaintsOf, inWorld, pause, settle, type ShopPage, type World } from './harness.ts';

const open = async (world: World, shopPage: ShopPage): Promise<{ page: Page; complaints: string[] }> => {
  world.pages.set('/', { alone: true, tag: 'data-auto', ...shopPage });
  const page = await (await world.launch()).newPage();
  const complaints = complaintsOf(page);
  await page.goto(world.address('/'));
  await settle(page);
  return { page, complaints };
};

/** What was sold, in the order of arrival. */
const sales = async (world: World, count: number): Promise<unknown[]> =>
  (await world.beacons(count)).flatMap(({ kind, conversion }) => (kind === 'conversion' ? [conversion] : []));

const GTAG = `<script>window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments); }
  gtag('js', new Date()); gtag('config', 'G-XXXX');</script>`;
const FIRST = { value: '59.95', currency: 'EUR', order: 'A1', first: true };
const SECOND = { value: '20', currency: 'EUR', order: 'A2', first: false };

test(
  'gtag, called before the script had loaded and after',
  inWorld(async (world) => {
    const { page, complaints } = await open(world, {
      head: `${GTAG}<script>gtag('event', 'view_item', { value: 1, currency: 'EUR' });
        gtag('event', 'purchase', { transaction_id: 'A1', value: 59.95, currency: 'EUR', items: [{ item_id: 'x' }] });</script>`,
    });
    assert.deepEqual(await sales(world, 1), [FIRST]);
    await page.evaluate(`gtag('event', 'purchase', { transaction_id: 'A1', value: 59.95, currency: 'EUR' });
      gtag('event', 'purchase', { transaction_id: 'A2', value: '20', currency: 'EUR' });
      gtag('event', 'purchase', { transaction_id: 'A2', value: '20', currency: 'EUR' });`);
    assert.deepEqual(await sales(world, 2), [FIRST, SECOND]);
    assert.equal(await page.evaluate('dataLayer.length'), 7, 'the page’s own data layer goes on');
    assert.deepEqual(complaints, []);
  }),
);

test(
  'a data layer of Google Tag Manager, made before the script had loaded or later',
  inWorld(async (world) => {
    const { page, complaints } = await open(world, {});
    await page.evaluate(`window.dataLayer = window.dataLayer || [];
      dataLayer.push({ ecommerce: null }, null, 'text', 5, undefined, ['consent', 'update']);
      dataLayer.push({ event: 'purchase', ecommerce: { transaction_id: 'A1', value: 59.95, currency: 'EUR' } });
      dataLayer.push({ event: 'purchase', transaction_id: 'A2', value: 20, currency: 'EUR' });`);
    assert.deepEqual(await sales(world, 2), [FIRST, SECOND]);
    await page.reload();
    await settle(page);
    await page.evaluate(
      `dataLayer.push({ event: 'purchase', ecommerce: { transaction_id: 'A1', value: 59.95, currency: 'EUR' } })`,
    );
    assert.deepEqual(await sales(world, 3), [FIRST, SECOND], 'the same order on a reloaded page');
    assert.deepEqual(complaints, []);
  }),
);

test(
  'an order in JSON-LD, alone, in a graph, or with its invoice',
  inWorld(async (world) => {
    const { page, complaints } = await open(world, {
      body: `<h1>Bedankt</h1>
        <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Organization"}</script>
        <script type="application/ld+json">{ no json </script>
        <script type="application/ld+json">null</script>
        <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Order", "orderNumber": "A1",
          "price": 59.95, "priceCurrency": "EUR"}</script>
        <script type="application/ld+json">{"@context": "https://schema.org", "@graph": [{"@type": "WebPage"},
          {"@type": ["Order"], "orderNumber": "A2", "partOfInvoice": {"@type": "Invoice",
            "totalPaymentDue": {"@type": "PriceSpecification", "price": "20", "priceCurrency": "EUR"}}}]}</script>
        <script type="application/ld+json">{"@type": "Order", "price": 1, "priceCurrency": "EUR"}</script>`,
    });
    assert.deepEqual(await sales(world, 2), [FIRST, SECOND], 'one without a number is none');
    await page.reload();
    await settle(page);
    assert.deepEqual(await sales(world, 3), [FIRST, SECOND], 'the same order on a reloaded page');
    assert.deepEqual(complaints, []);
  }),
);

test(
  'an order in microdata',
  inWorld(async (world) => {
    const { complaints } = await open(world, {
      body: `<div itemscope itemtype="https://schema.org/Order">Bestelling <b itemprop="orderNumber"> A1 </b>:
        <span itemprop="acceptedOffer" itemscope itemtype="https://schema.org/Offer"><i itemprop="price">10.00</i></span>
        <meta itemprop="priceCurrency" content="EUR"><span itemprop="price" content="59.95">€ 59,95</span></div>
        <div itemscope itemtype="https://schema.org/Product"><b itemprop="price">1</b></div>`,
    });
    assert.deepEqual(await sales(world, 1), [FIRST]);
    assert.deepEqual(complaints, []);
  }),
);

test(
  'the same order in the data layer, in markup, and by hand',
  inWorld(async (world) => {
    const { page } = await open(world, {
      head: `${GTAG}<script>gtag('event', 'purchase', { transaction_id: 'A1', value: 59.95, currency: 'EUR' });</script>`,
      body: `<script type="application/ld+json">{"@type": "Order", "orderNumber": "A1", "price": 59.95,
        "priceCurrency": "EUR"}</script>`,
    });
    await call(page, 'convert', { value: '59.95', currency: 'EUR', order: 'A1' });
    assert.deepEqual(await sales(world, 1), [FIRST]);
  }),
);

for (const [auto, expected] of [
  ['ga4', 'A1'],
  ['schema', 'A2'],
] as const) {
  test(
    `only what is asked for: ${auto}`,
    inWorld(async (world) => {
      await open(world, {
        tag: `data-auto="${auto}"`,
        head: `${GTAG}<script>gtag('event', 'purchase', { transaction_id: 'A1' });</script>`,
        body: `<script type="application/ld+json">{"@type": "Order", "orderNumber": "A2"}</script>`,
      });
      assert.deepEqual(await sales(world, 1), [{ order: expected, first: true }]);
    }),
  );
}

test(
  'not asked for: nothing is read, nothing is fetched',
  inWorld(async (world) => {
    const { page } = await open(world, {
      tag: '',
      head: `${GTAG}<script>gtag('event', 'purchase', { transaction_id: 'A1' });</script>`,
      body: `<script type="application/ld+json">{"@type": "Order", "orderNumber": "A2"}</script>`,
    });
    await pause(300);
    await page.goto('about:blank');
    await world.onlyPage();
    assert.ok(!world.requests.includes('GET /beacon-more.js'));
  }),
);

test(
  'a refusal holds for what is read, too',
  inWorld(async (world) => {
    await open(world, {
      tag: 'data-auto data-consent="wait"',
      head: `${GTAG}<script>gtag('event', 'purchase', { transaction_id: 'A1' });</script>`,
    });
    assert.deepEqual(await world.beacons(0), []);
  }),
);

test(
  'a page that takes the beacon away, or tells of broken things, goes on',
  inWorld(async (world) => {
    const { page, complaints } = await open(world, { head: GTAG });
    const told = await page.evaluate(`{
      const broken = { get event() { throw new Error('no'); } };
      const counts = [dataLayer.push(broken), dataLayer.push({ event: 'purchase', ecommerce: null })];
      delete window.graadmeter;
      gtag('event', 'purchase', { transaction_id: 'A1', value: 59.95, currency: 'EUR' });
      [...counts, dataLayer.length];
    }`);
    assert.deepEqual(told, [3, 4, 5], 'each is in the page’s own data layer');
    assert.deepEqual(await sales(world, 1), [{ first: true }], 'a purchase that says nothing');
    assert.deepEqual(complaints, []);
  }),
);
