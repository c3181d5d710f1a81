// The script that a page embeds: reads its tag, takes over the page's early calls, begins to report.
//
//   <script async src="https://collector.example/beacon.js" data-site="shop"></script>

import { refused } from './consent.ts';
import type { Sale } from './conversion.ts';
import { guard, warn } from './guard.ts';
import { whenVisited } from './lifecycle.ts';
import { report, type Reporter } from './reporter.ts';
import { forgetVisit } from './session.ts';
import { NAMES, type Settings } from './settings.ts';
import type { Context } from './wire.ts';

/** `window.graadmeter`. Before this script has loaded, a page may put a stub there that keeps calls in `q`. */
export interface Graadmeter {
  /** Reports a purchase or another goal, at once. */
  (command: 'convert', sale: Sale): void;
  /** Names the page group, the landing's channel, or the arm of an experiment. */
  (command: (typeof NAMES)[number], name: string): void;
  /** What the beacon knows, for the shop's server to send with an order; nothing for a visitor who isn't followed. */
  context(): Context | undefined;
}

type Command = ['convert', Sale | undefined] | [(typeof NAMES)[number], string | number | undefined];

declare global {
  interface Window {
    graadmeter?: Partial<Pick<Graadmeter, 'context'>> & { q?: Iterable<unknown>[] };
  }
}

const begin = (script: HTMLScriptElement): void => {
  const early = window.graadmeter?.q ?? [];
  const settings: Settings = Object.assign({}, script.dataset);
  let reporter: Reporter | undefined;
  const obey = guard((...[command, value]: Command): void => {
    if (command === 'convert') {
      whenVisited(() => reporter?.convert(value ?? {}));
    } else if (NAMES.includes(command)) {
      settings[command] = String(value ?? '');
    } else {
      warn('command', command);
    }
  });
  window.graadmeter = Object.assign(obey, {
    context: guard(() => reporter?.context()),
  });
  if (refused(navigator)) {
    forgetVisit();
  } else if (location.protocol.startsWith('http')) {
    // The collector's endpoint stands beside the script that it served.
    const endpoint = settings.endpoint ?? new URL('v1/beacon', script.src);
    whenVisited(() => {
      reporter = report(settings, endpoint);
    });
  }
  for (const call of early) obey(...(call as unknown as Command));
};

// A second tag would count each view twice.
if (!window.graadmeter?.context) {
  guard(() => {
    // Set only while a classic script runs, so the tag may not be a module.
    begin(document.currentScript as HTMLScriptElement);
  })();
}
