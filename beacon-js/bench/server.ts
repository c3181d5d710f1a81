// A shop, its collector and whoever else the page asks, all on one port of loopback; and a Chromium to visit them.

import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import puppeteer, { type Browser } from 'puppeteer-core';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export interface Answer {
  type: string;
  content: string | Buffer;
  delayMs?: number;
  headers?: Readonly<Record<string, string>>;
}

export interface Server {
  port: number;
  /** The body of every beacon, in the order of arrival. */
  received: string[];
  close: () => Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

/** Serves what `find` answers; over TLS where there is a certificate. */
export const serve = async (
  find: (url: URL) => Answer | undefined,
  certificate?: { key: string; cert: string },
): Promise<Server> => {
  const received: string[] = [];
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'unknown'}`);
    // Chromium's own services post too, where every host is this machine.
    if (request.method === 'POST' && url.pathname === '/v1/beacon') {
      received.push(body);
      response.writeHead(204).end();
      return;
    }
    const answer = find(url);
    if (!answer) response.writeHead(404).end();
    else
      setTimeout(() => {
        response.writeHead(200, { 'Content-Type': answer.type, ...answer.headers }).end(answer.content);
      }, answer.delayMs ?? 0);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    // A visitor who leaves in the middle of a request is none of our concern.
    respond(request, response).catch(() => response.destroy());
  };
  const server = certificate ? createSecure(certificate, listener) : createPlain(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export const launch = (flags: string[] = []): Promise<Browser> =>
  puppeteer.launch({
    executablePath: CHROMIUM,
    protocolTimeout: 60_000,
    args: ['--no-sandbox', '--disable-background-networking', ...flags],
  });
