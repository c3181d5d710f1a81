/**
 * Runs every shipped query against a Prometheus that is already running, and prints how many series each
 * gave. Usage: npm run query -- http://127.0.0.1:9090
 * Exits 1 if any query is an error, 2 if Prometheus is not there. An empty answer is only reported: whether
 * it should be empty depends on what has been measured.
 */
import { parseArgs } from 'node:util';
import { Client, type Span } from './client.ts';
import { allQueries, type Query } from './queries.ts';
import { EVERYTHING, substitute, timing } from './substitute.ts';

const RANGE_SECONDS = 3600;
const SCRAPE_SECONDS = 15;

const { positionals } = parseArgs({ allowPositionals: true });
const [url] = positionals;
if (url === undefined) {
  console.error('usage: npm run query -- http://127.0.0.1:9090');
  process.exit(2);
}
const client = new Client(url);
if (!(await client.ready())) {
  console.error(`no Prometheus answers at ${url}; start one, or give its address`);
  process.exit(2);
}

const end = Math.floor(Date.now() / 1000);
const span: Span = { start: end - RANGE_SECONDS, end, step: 60 };
const values = { ...EVERYTHING, ...timing(RANGE_SECONDS, SCRAPE_SECONDS) };

async function count(query: Query): Promise<number> {
  if (query.kind === 'variable') {
    const selector = substitute(query.selector, values);
    return (await client.labelValues(query.label, selector, span)).length;
  }
  const expr = substitute(query.expr, values);
  const instant = query.kind === 'rule' || query.instant;
  return (instant ? await client.instant(expr, end) : await client.range(expr, span)).length;
}

let errors = 0;
for (const query of allQueries()) {
  try {
    console.log(`${String(await count(query)).padStart(5)}  ${query.name}`);
  } catch (error) {
    errors += 1;
    console.log(`error  ${query.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
process.exitCode = errors > 0 ? 1 : 0;
