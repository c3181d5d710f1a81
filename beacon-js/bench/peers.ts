// What the beacon is compared with, built as its users would: bundled for production and minified. Versions are pinned:
// web-vitals by the beacon's own package, which tests with it, the others by the package of this folder.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const BENCH = fileURLToPath(new URL('.', import.meta.url));
const BEACON = fileURLToPath(new URL('..', import.meta.url));
const OPTIONS = { minify: true, format: 'iife', target: 'es2021', charset: 'utf8', legalComments: 'none' } as const;

interface Manifest {
  version: string;
  license?: string;
  dependencies?: Record<string, string>;
}

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Manifest;

/** Installs the peers of this folder, unless they are there in their pinned versions. */
const install = (): void => {
  const isThere = ([name, version]: [string, string]): boolean => {
    const folder = `${BENCH}node_modules/${name}`;
    return existsSync(folder) && manifestOf(folder).version === version;
  };
  if (Object.entries(manifestOf(BENCH).dependencies ?? {}).every(isThere)) return;
  execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: BENCH, stdio: 'inherit' });
};

/** Bundles the text of a module, which finds its packages from `folder`. */
const bundle = async (contents: string, folder: string): Promise<Uint8Array> => {
  const { outputFiles } = await build({
    ...OPTIONS,
    stdin: { contents, resolveDir: folder },
    bundle: true,
    define: {
      'process.env.NODE_ENV': '"production"',
      // What Sentry's documentation names for smaller bundles.
      __SENTRY_DEBUG__: 'false',
    },
    write: false,
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
};

/**
 * web-vitals with all of its metrics, kept in a queue that goes when the page is hidden, as its README says. Of each metric only
 * name, value and id are sent, so that it costs no more than it must.
 */
export const queuedVitals = (module: 'web-vitals' | 'web-vitals/attribution'): Promise<Uint8Array> =>
  bundle(
    `import { onCLS, onFCP, onINP, onLCP, onTTFB } from '${module}';
    const queue = new Set();
    const add = (metric) => queue.add(metric);
    const flush = () => {
      if (queue.size > 0) {
        navigator.sendBeacon('/v1/beacon', JSON.stringify([...queue].map(({ name, value, id }) => ({ name, value, id }))));
        queue.clear();
      }
    };
    onCLS(add); onFCP(add); onINP(add); onLCP(add); onTTFB(add);
    addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') flush(); });`,
    BEACON,
  );

/** One of boomerang's own builds, as its Gruntfile puts it together: its core, the plugins, and no code for debugging. */
const boomerang = async (flavor: 'minimal' | 'default' | 'default-spa'): Promise<Uint8Array> => {
  const folder = `${BENCH}node_modules/boomerangjs`;
  const { flavors } = JSON.parse(readFileSync(`${folder}/plugins.json`, 'utf8')) as {
    flavors: Record<string, { plugins: string[] }>;
  };
  const files = ['boomerang.js', ...(flavors[flavor]?.plugins ?? []), 'plugins/zzz-last-plugin.js'];
  const source = files
    // Some packages are below it or beside it, as npm decides.
    .map((file) => (existsSync(`${folder}/${file}`) ? `${folder}/${file}` : `${BENCH}${file}`))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
    .replace(/\/\*\s*BEGIN_DEBUG\s*\*\/.*?\/\*\s*END_DEBUG\s*\*\//gs, '');
  const { code } = await transform(source, OPTIONS);
  return Buffer.from(code);
};

/** A monitor that is not ours. */
export interface Peer {
  /** Name and version. */
  name: string;
  /** What of it. */
  part: string;
  licence: string;
  code: Uint8Array;
}

const peer = async (
  name: string,
  part: string,
  code: Uint8Array | Promise<Uint8Array>,
  folder = `${BENCH}node_modules/${name}`,
): Promise<Peer> => {
  const { version, license = 'not told' } = manifestOf(folder);
  return { name: `${name} ${version}`, part, licence: license, code: await code };
};

/** All of them, installed if they are not yet. */
export const peers = (): Promise<Peer[]> => {
  install();
  const vitals = `${BEACON}node_modules/web-vitals`;
  const shipped = (file: string): Uint8Array => readFileSync(file);
  const own = (contents: string): Promise<Uint8Array> => bundle(contents, BENCH);
  return Promise.all([
    peer('web-vitals', 'as shipped', shipped(`${vitals}/dist/web-vitals.iife.js`), vitals),
    peer('web-vitals', 'attribution, as shipped', shipped(`${vitals}/dist/web-vitals.attribution.iife.js`), vitals),
    peer('web-vitals', 'queue and sendBeacon', queuedVitals('web-vitals'), vitals),
    peer('web-vitals', 'attribution, queue and sendBeacon', queuedVitals('web-vitals/attribution'), vitals),
    peer(
      '@plausible-analytics/tracker',
      'init (no timings)',
      own(`import { init } from '@plausible-analytics/tracker'; init({ domain: 'shop.example' });`),
    ),
    peer(
      '@speedcurve/lux',
      'es2020, as shipped',
      shipped(`${BENCH}node_modules/@speedcurve/lux/dist/lux.es2020.min.js`),
    ),
    peer('boomerangjs', 'minimal', boomerang('minimal')),
    peer('boomerangjs', 'default', boomerang('default')),
    peer('boomerangjs', 'default-spa', boomerang('default-spa')),
    peer(
      '@elastic/apm-rum',
      'init',
      own(`import { init } from '@elastic/apm-rum'; init({ serviceName: 'shop', serverUrl: 'https://apm.example' });`),
    ),
    peer(
      '@grafana/faro-web-sdk',
      'initializeFaro',
      own(`import { initializeFaro } from '@grafana/faro-web-sdk';
        initializeFaro({ url: 'https://faro.example', app: { name: 'shop' } });`),
    ),
    peer(
      '@datadog/browser-rum-slim',
      'init',
      own(`import { datadogRum } from '@datadog/browser-rum-slim';
        datadogRum.init({ applicationId: 'a', clientToken: 'b', trackUserInteractions: true });`),
    ),
    peer(
      '@sentry/browser',
      'browserTracing',
      own(`import { init, browserTracingIntegration } from '@sentry/browser';
        init({ dsn: 'https://a@sentry.example/1', tracesSampleRate: 1, integrations: [browserTracingIntegration()] });`),
    ),
  ]);
};
