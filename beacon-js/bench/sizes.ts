// What a page loads: our files beside the peers', all with gzip 9 and brotli 11.
//
//   npm run bench:sizes

import { bundle, sizes } from '../build.mjs';
import { peers, type Peer } from './peers.ts';
import { judge, printTable } from './table.ts';

const CORE_BROTLI_MAX = 3000;

const ours = Object.entries(await bundle()).map(([name, code]): Peer => ({
  name,
  part: 'built from src/',
  licence: 'MIT OR Apache-2.0',
  code,
}));

printTable(
  ['script', 'raw', 'gzip -9', 'brotli -11', 'licence'],
  [...ours, ...(await peers())].map(({ name, part, licence, code }) => {
    const { raw, gzip, brotli } = sizes(code);
    return [`${name}: ${part}`, ...[raw, gzip, brotli].map((bytes) => bytes.toLocaleString('en')), licence];
  }),
);
const core = ours.find(({ name }) => name === 'beacon.js');
judge(
  `beacon.js is under ${String(CORE_BROTLI_MAX)} bytes of brotli`,
  !!core && sizes(core.code).brotli < CORE_BROTLI_MAX,
);
