/** A Prometheus of the test's own, filled with planted series: started on a free loopback port, ended by it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from '../../src/client.ts';
import { ROOT } from '../../src/files.ts';
import { RULE_FILES } from '../../src/queries.ts';
import type { Labels, PlantedSeries } from './series.ts';

const run = promisify(execFile);

/** The planted scrapes: an hour and a quarter, one a minute, at a fixed time on a whole minute. */
export const SCRAPE_SECONDS = 60;
const FIRST_SCRAPE = 1_700_000_040;
const SCRAPES = 76;
export const LAST_SCRAPE = FIRST_SCRAPE + (SCRAPES - 1) * SCRAPE_SECONDS;

const READY_MS = 30_000;
/** Blocks of a fixed time in the past must not be thrown away. */
const RETENTION = '100y';

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');
}

async function writeOpenMetrics(path: string, series: readonly PlantedSeries[]): Promise<void> {
  const out = createWriteStream(path);
  for (const { name, labels, at } of series) {
    const head = `${name}{${labelText(labels)}}`;
    const lines = Array.from(
      { length: SCRAPES },
      (_, k) => `${head} ${at(k)} ${FIRST_SCRAPE + k * SCRAPE_SECONDS}\n`,
    );
    if (!out.write(lines.join(''))) await once(out, 'drain');
  }
  out.end('# EOF\n');
  await once(out, 'finish');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was bound');
  return address.port;
}

export class Prometheus {
  private constructor(
    readonly client: Client,
    private readonly folder: string,
    private readonly process: ChildProcess,
  ) {}

  /** Holds the planted series, and what the recording rules would have made of them. */
  static async filledWith(series: readonly PlantedSeries[]): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'graadmeter-dashboards-'));
    const data = join(folder, 'data');
    await writeOpenMetrics(join(folder, 'planted.txt'), series);
    await run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'planted.txt'), data]);
    await writeFile(join(folder, 'prometheus.yml'), '{}\n');
    // Some rules read what other rules record, and a backfill sees only what stood there before it.
    for (let pass = 0; pass < 2; pass += 1) {
      const prometheus = await Prometheus.start(folder);
      await prometheus.backfill(data).finally(() => prometheus.end());
    }
    return Prometheus.start(folder);
  }

  private static async start(folder: string): Promise<Prometheus> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const log = join(folder, 'prometheus.log');
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--storage.tsdb.retention.time=${RETENTION}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    child.stderr.pipe(createWriteStream(log));
    const client = new Client(url);
    const deadline = Date.now() + READY_MS;
    while (!(await client.ready())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`Prometheus did not start:\n${await readFile(log, 'utf8')}`);
      }
      await sleep(50);
    }
    return new Prometheus(client, folder, child);
  }

  private async backfill(data: string): Promise<void> {
    await run('promtool', [
      'tsdb',
      'create-blocks-from',
      'rules',
      `--start=${FIRST_SCRAPE}`,
      `--end=${LAST_SCRAPE}`,
      '--eval-interval=60s',
      `--url=${this.client.url}`,
      `--output-dir=${data}`,
      ...RULE_FILES.map((file) => join(ROOT, file)),
    ]);
  }

  private async end(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exited;
  }

  /** Ends the process and removes its folder. */
  async close(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true, force: true });
  }
}
