// WebKitGTK, by plain WebDriver (https://www.w3.org/TR/webdriver2/) on a screen of its own.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { pause } from './harness.ts';

const DRIVER = '/usr/bin/WebKitWebDriver';
const SCREEN = '/usr/bin/xvfb-run';
const START_MS = 20_000;

/** A program of Debian's, or a message that says where it comes from. */
export const installed = (path: string | undefined, what: string, debian: string): string => {
  if (path && existsSync(path)) return path;
  throw new Error(`No ${what}${path ? ` at ${path}` : ''}: install Debian's package "${debian}".`);
};

/** It stands in a folder named after the machine. */
const miniBrowser = (): string => {
  const paths = readdirSync('/usr/lib').map((folder) => `/usr/lib/${folder}/webkit2gtk-4.1/MiniBrowser`);
  return installed(paths.find(existsSync), 'MiniBrowser', 'webkit2gtk-driver');
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

export class WebKit {
  private constructor(
    private readonly driver: ChildProcess,
    private readonly session: string,
  ) {}

  static async launch(): Promise<WebKit> {
    const binary = miniBrowser();
    installed(DRIVER, 'WebKitWebDriver', 'webkit2gtk-driver');
    installed(SCREEN, 'xvfb-run', 'xvfb');
    const port = String(await freePort());
    const command = [DRIVER, `--port=${port}`];
    // A group of its own, so that it ends whole.
    const driver = spawn(SCREEN, ['--auto-servernum', ...command], { stdio: 'ignore', detached: true });
    const base = `http://127.0.0.1:${port}/session`;
    const firstMatch = [{ 'webkitgtk:browserOptions': { binary, args: ['--automation'] } }];
    const end = performance.now() + START_MS;
    for (;;) {
      try {
        const { sessionId } = (await post(base, { capabilities: { firstMatch } })) as { sessionId: string };
        return new WebKit(driver, `${base}/${sessionId}`);
      } catch (error) {
        if (performance.now() > end) {
          stop(driver);
          throw error;
        }
        await pause(200);
      }
    }
  }

  async goto(url: string): Promise<void> {
    await post(`${this.session}/url`, { url });
  }

  async evaluate(script: string): Promise<unknown> {
    return post(`${this.session}/execute/sync`, { script: `return ${script}`, args: [] });
  }

  async close(): Promise<void> {
    await fetch(this.session, { method: 'DELETE' }).catch(() => undefined);
    stop(this.driver);
  }
}

const stop = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid);
  } catch {
    // It has gone by itself.
  }
};

const post = async (url: string, body: object): Promise<unknown> => {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const { value } = (await answer.json()) as { value: unknown };
  if (!answer.ok) throw new Error(`WebDriver: ${JSON.stringify(value)}`);
  return value;
};
