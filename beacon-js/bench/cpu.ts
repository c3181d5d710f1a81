// What the script costs a page's main thread, against web-vitals as one would really use it, and against no script.
//
//   npm run bench:cpu [-- --quick]

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'puppeteer-core';
import { answerOf, visit } from './cpu/page.ts';
import { CATEGORIES, readTrace, type Cost } from './cpu/trace.ts';
import { queuedVitals } from './peers.ts';
import { launch, serve } from './server.ts';
import { estimate, median, type Estimate } from './statistics.ts';
import { judge, printTable } from './table.ts';

const ROUNDS = process.argv.includes('--quick') ? 3 : 21;
const THROTTLED_ROUNDS = process.argv.includes('--quick') ? 2 : 11;
const THROTTLE = 4;
const LONG_TASK_MS = 50;

const VARIANTS = ['none', 'web-vitals', 'beacon'] as const;
type Variant = (typeof VARIANTS)[number];
const SCRIPTS: Readonly<Record<Variant, string>> = { none: '', 'web-vitals': 'web-vitals.js', beacon: 'beacon.js' };
const VIEWS = ['landing', 'later view'] as const;
type View = (typeof VIEWS)[number];
type Round = Record<Variant, Record<View, Cost>>;

const tagOf = (script: string): string => script && `<script async src="/${script}" data-site="shop"></script>`;

/** A visit of two views in a tab of its own: the landing starts a renderer, the later view finds it warm. */
const measure = async (
  browser: Browser,
  port: number,
  variant: Variant,
  throttle: number,
): Promise<Record<View, Cost>> => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.emulateCPUThrottling(throttle);
  const shop = `http://127.0.0.1:${String(port)}/`;
  const addresses = VIEWS.map((_, number) => `${shop}${variant}?view=${String(number)}`);
  await page.tracing.start({ categories: CATEGORIES });
  await visit(page, addresses);
  const trace = await page.tracing.stop();
  await context.close();
  const [landing, later] = readTrace(new TextDecoder().decode(trace), addresses, shop + SCRIPTS[variant]);
  if (!landing || !later) throw new Error('Chromium gave no trace');
  return { landing, 'later view': later };
};

/** All variants, each round in another order. */
const measureRound = async (browser: Browser, port: number, number: number): Promise<Round> => {
  const order = VARIANTS.map((_, i) => VARIANTS[(i + number) % VARIANTS.length] ?? 'none');
  if (number % 2) order.reverse();
  const round: Partial<Round> = {};
  for (const variant of order) round[variant] = await measure(browser, port, variant, 1);
  return round as Round;
};

const show = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;

const rowOf = (rounds: Round[], view: View, what: string, cost: (cost: Cost) => number): [string[], Estimate] => {
  const of = (variant: Variant) => (some: Round[]) => median(some.map((round) => cost(round[variant][view])));
  const ratio = estimate(rounds, (some) => of('beacon')(some) / of('web-vitals')(some));
  return [
    [
      `${view}: ${what}`,
      ...(['beacon', 'web-vitals'] as const).map((name) => of(name)(rounds).toFixed(2)),
      show(ratio),
    ],
    ratio,
  ];
};

const report = (rounds: Round[]): void => {
  console.log(`\nthread CPU in ms at 1x, medians of ${String(rounds.length)} rounds; in brackets intervals of 95 %\n`);
  const rows: string[][] = [];
  const ratios: [View, Estimate][] = [];
  for (const view of VIEWS) {
    rows.push(rowOf(rounds, view, 'evaluate', ({ evaluate }) => evaluate)[0]);
    rows.push(rowOf(rounds, view, 'callbacks', ({ callbacks }) => callbacks)[0]);
    const [row, ratio] = rowOf(rounds, view, 'both', ({ evaluate, callbacks }) => evaluate + callbacks);
    rows.push(row);
    ratios.push([view, ratio]);
  }
  printTable(['', 'beacon', 'web-vitals', 'ratio'], rows);

  console.log('\nthe whole main thread, more than without a script: what attribution may miss\n');
  const beyond = (view: View, variant: Variant): string =>
    show(
      estimate(rounds, (some) => median(some.map((round) => round[variant][view].thread - round.none[view].thread))),
    );
  printTable(
    ['', 'without', 'beacon', 'web-vitals'],
    VIEWS.map((view) => [
      view,
      median(rounds.map(({ none }) => none[view].thread)).toFixed(1),
      beyond(view, 'beacon'),
      beyond(view, 'web-vitals'),
    ]),
  );
  console.log();
  for (const [view, { value }] of ratios) judge(`${view}: at most web-vitals' CPU (${value.toFixed(2)} x)`, value <= 1);
};

const port: { value: number } = { value: 0 };
const server = await serve(
  answerOf(() => port.value, Object.fromEntries(VARIANTS.map((variant) => [variant, tagOf(SCRIPTS[variant])])), {
    'beacon.js': readFileSync(fileURLToPath(new URL('../dist/beacon.js', import.meta.url))),
    'web-vitals.js': Buffer.from(await queuedVitals('web-vitals')),
  }),
);
port.value = server.port;
const browser = await launch(['--host-resolver-rules=MAP *.example 127.0.0.1']);
try {
  console.log((await browser.version()) + ', each view with 12 images, 4 other hosts, 3 shifts, 4 clicks and 11 keys');
  // The first round warms the system's caches and isn't counted.
  await measureRound(browser, port.value, 0);
  const rounds: Round[] = [];
  for (let number = 0; number < ROUNDS; number++) rounds.push(await measureRound(browser, port.value, number));
  report(rounds);

  const longest: number[] = [];
  for (let number = 0; number < THROTTLED_ROUNDS; number++) {
    const costs = await measure(browser, port.value, 'beacon', THROTTLE);
    longest.push(...VIEWS.map((view) => costs[view].longestTask));
  }
  const most = Math.max(...longest);
  console.log(
    `\nlongest task of the beacon at ${String(THROTTLE)}x, CPU ms over ${String(longest.length)} views: ` +
      `median ${median(longest).toFixed(1)}, most ${most.toFixed(1)}`,
  );
  judge(`no task of the beacon over ${String(LONG_TASK_MS)} ms at ${String(THROTTLE)}x`, most < LONG_TASK_MS);
} finally {
  await browser.close();
  await server.close();
}
