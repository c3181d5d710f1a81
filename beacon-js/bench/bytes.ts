// What a page view's beacon weighs, and which of its keys weigh most.
//
//   npm run bench:bytes

import { readFileSync } from 'node:fs';
import type { Browser } from 'puppeteer-core';
import { assertValid } from '../tests/schema.ts';
import { pause } from '../tests/browser/harness.ts';
import type { Beacon } from '../src/wire.ts';
import { makeCertificate } from './bytes/certificate.ts';
import { answerOf, make, type Visit } from './bytes/shop.ts';
import { launch, serve } from './server.ts';
import { median, quantile, seeded } from './statistics.ts';
import { judge, printTable } from './table.ts';

const BYTES_MAX = 600;
const HOSTS = [0, 2, 5, 12];
const EITHER = [false, true];
/** Visits at a time, each in a window. */
const AT_ONCE = 4;
const ARRIVAL_MS = 10_000;

/** Every combination once. */
const VISITS: Visit[] = HOSTS.flatMap((hosts) =>
  EITHER.flatMap((interaction) =>
    EITHER.flatMap((shifts) => EITHER.map((campaign): Visit => ({ hosts, interaction, shifts, campaign }))),
  ),
);

interface View extends Visit {
  bytes: number;
  beacon: Beacon;
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** A visit in a context of its own; its beacons are known by their session. */
const measure = async (browser: Browser, visit: Visit): Promise<string> => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 3, isMobile: true, hasTouch: true });
  await page.emulateTimezone('Europe/Amsterdam');
  // The context stays until the end: what is on its way would go with it.
  return make(page, visit);
};

const measureAll = async (browser: Browser, received: string[]): Promise<View[]> => {
  const visits = new Map<string, Visit>();
  for (let from = 0; from < VISITS.length; from += AT_ONCE) {
    const some = VISITS.slice(from, from + AT_ONCE);
    await Promise.all(some.map(async (visit) => visits.set(await measure(browser, visit), visit)));
  }
  const end = performance.now() + ARRIVAL_MS;
  while (received.length < 2 * VISITS.length && performance.now() < end) await pause(50);
  const views = received.map((body): View => {
    const beacon = assertValid(JSON.parse(body));
    const visit = visits.get(beacon.session?.id ?? '');
    if (!visit || beacon.device?.webdriver) throw new Error(`no visitor has sent ${body}`);
    return { ...visit, bytes: Buffer.byteLength(body), beacon };
  });
  if (views.length !== 2 * VISITS.length)
    throw new Error(`${String(views.length)} beacons of ${String(2 * VISITS.length)} views`);
  return views;
};

const rowOf = (name: string, views: View[]): string[] => {
  const bytes = views.map((view) => view.bytes);
  return [name, String(views.length), ...[0.5, 0.1, 0.9, 0, 1].map((q) => quantile(bytes, q).toFixed(0))];
};

const keyRows = (views: View[]): string[][] => {
  const all = views.reduce((sum, { bytes }) => sum + bytes, 0);
  const keys = [...new Set(views.flatMap(({ beacon }) => Object.keys(beacon)))] as (keyof Beacon)[];
  return keys
    .map((key) => {
      // With its quotes, its colon, and the comma behind it.
      const sizes = views.map(({ beacon }) => (key in beacon ? sizeOf({ [key]: beacon[key] }) - 1 : 0));
      return { key, most: Math.max(...sizes), total: sizes.reduce((sum, size) => sum + size, 0) };
    })
    .sort((a, b) => b.total - a.total)
    .map(({ key, most, total }) => [
      key,
      (total / views.length).toFixed(0),
      String(most),
      `${((100 * total) / all).toFixed(1)} %`,
    ]);
};

const report = (views: View[]): void => {
  const where = (wanted: (view: View) => boolean): View[] => views.filter(wanted);
  printTable(
    ['views', 'number', 'median', 'p10', 'p90', 'least', 'most'],
    [
      rowOf('all', views),
      ...HOSTS.map((hosts) =>
        rowOf(
          `${String(hosts)} other hosts`,
          where((view) => view.hosts === hosts),
        ),
      ),
      rowOf(
        'landing',
        where(({ beacon }) => beacon.session?.n === 1),
      ),
      rowOf(
        'later view',
        where(({ beacon }) => beacon.session?.n !== 1),
      ),
      rowOf(
        'with an interaction',
        where(({ interaction }) => interaction),
      ),
      rowOf(
        'with layout shifts',
        where(({ shifts }) => shifts),
      ),
      rowOf(
        'with a campaign',
        where(({ campaign }) => campaign),
      ),
    ],
  );
  console.log('\nbytes of each key, and its share of all bytes\n');
  printTable(['key', 'mean', 'most', 'share'], keyRows(views));
  const typical = [...views].sort((a, b) => a.bytes - b.bytes)[Math.floor(views.length / 2)];
  console.log(`\nthe one in the middle: ${JSON.stringify(typical?.beacon)}\n`);
  const middle = median(views.map(({ bytes }) => bytes));
  judge(`at most ${String(BYTES_MAX)} bytes in the median (${middle.toFixed(0)})`, middle <= BYTES_MAX);
};

const certificate = makeCertificate();
const script = readFileSync(new URL('../dist/beacon.js', import.meta.url));
const server = await serve(answerOf(script, seeded(1)), certificate);
const browser = await launch([
  `--host-resolver-rules=MAP * 127.0.0.1:${String(server.port)}`,
  `--ignore-certificate-errors-spki-list=${certificate.fingerprint}`,
  // Or the beacon says that a program drives the browser.
  '--disable-blink-features=AutomationControlled',
]);
try {
  console.log(
    `${await browser.version()}, every combination of 0, 2, 5, 12 other hosts, interaction, shifts, campaign, landing and later, once\n`,
  );
  report(await measureAll(browser, server.received));
} finally {
  await browser.close();
  await server.close();
}
