// What other hosts' content costs, as far as they and the browser tell.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWorld, pause, settle } from './harness.ts';

/** Every host of the tests is this machine. */
const HOSTS = ['--host-resolver-rules=MAP *.example 127.0.0.1'];
const PICTURE_BYTES_MIN = 20_000;

test(
  'requests of each host, bytes where the host allows, and what its scripts held up',
  inWorld(async (world) => {
    const from = (host: string, path: string): string => world.address(path, host);
    world.pages.set('/', {
      body: `<h1>Winkel</h1>
        <img src="/picture.svg" width="60" height="40">
        <img src="${from('open.example', '/picture.svg?allow&n=1')}" width="60" height="40">
        <img src="${from('open.example', '/picture.svg?allow&n=2')}" width="60" height="40">
        <img src="${from('closed.example', '/picture.svg')}" width="60" height="40">
        <img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">
        <script async src="${from('slow.example', '/busy.js?ms=120')}"></script>
        <script async src="/busy.js?ms=70"></script>`,
      alone: true,
    });
    const page = await (await world.launch(HOSTS)).newPage();
    await page.goto(world.address('/'));
    await settle(page);
    await page.goto('about:blank');
    const { third_party = [] } = await world.onlyPage();
    const hosts = new Map(third_party.map((cost) => [cost.host, cost]));
    assert.deepEqual([...hosts.keys()].sort(), ['closed.example', 'open.example', 'slow.example']);
    const { 'open.example': open, 'closed.example': closed, 'slow.example': slow } = Object.fromEntries(hosts);
    assert.deepEqual([open?.count, closed?.count, slow?.count], [2, 1, 1]);
    assert.ok((open?.bytes ?? 0) >= 2 * PICTURE_BYTES_MIN, JSON.stringify(open));
    assert.ok(closed && !('bytes' in closed), 'a host that does not allow it keeps its bytes to itself');
    assert.ok(slow && !('bytes' in slow));
    assert.deepEqual([open?.ms, closed.ms], [0, 0]);
    assert.ok(slow.ms >= 119 && slow.ms < 600, `${String(slow.ms)} ms`);
  }),
);

test(
  'the first 32 hosts, and each view its own',
  inWorld(async (world) => {
    const pictures = Array.from(
      { length: 40 },
      (_, i) => `<img src="${world.address('/picture.svg', `host-${String(i)}.example`)}" width="6" height="4">`,
    );
    world.pages.set('/', { body: pictures.join(''), alone: true }).set('/next', { alone: true });
    const page = await (await world.launch(HOSTS)).newPage();
    await page.goto(world.address('/'));
    await settle(page, 1200);
    await page.goto(world.address('/next'));
    await settle(page);
    await page.goBack();
    await settle(page);
    await page.evaluate(`document.body.append(Object.assign(new Image(), {
      src: '${world.address('/picture.svg?later', 'late.example')}' }))`);
    await pause(500);
    await page.goto('about:blank');
    const [first, second, back] = await world.beacons(3);
    assert.equal(first?.third_party?.length, 32);
    assert.deepEqual(second?.third_party, []);
    assert.equal(back?.nav, 'bfcache');
    assert.deepEqual(
      back.third_party?.map(({ host, count }) => [host, count]),
      [['late.example', 1]],
    );
  }),
);
