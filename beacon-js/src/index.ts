// The script that a page embeds: reads its tag, takes over the page's early calls, begins to report.
//
//   <script async src="https://collector.example/beacon.js" data-site="shop"></script>

import { refused } from './consent.ts';
import type { Sale } from './conversion.ts';
import { guard } from './guard.ts';
import { whenVisited } from './lifecycle.ts';
import { report, type Reporter } from './reporter.ts';
import { forgetVisit } from './session.ts';
import { nameOf, settingsOf, type Names, type Settings } from './settings.ts';
import type { Context } from './wire.ts';

/** `window.graadmeter`. Before this script has loaded, a page may put a stub there that keeps calls in `q`. */
export interface Graadmeter {
  /** Reports a purchase or another goal, at once. */
  (command: 'convert', sale: Sale): void;
  /** Names the page group, the landing's channel, or the arm of an experiment. */
  (command: keyof Names, name: string): void;
  /** What the beacon knows, for the shop's server to send with an order; nothing for a visitor who isn't followed. */
  context(): Context | undefined;
}

type Command = ['convert', Sale | undefined] | [keyof Names, string | undefined];

declare global {
  interface Window {
    graadmeter?: Partial<Pick<Graadmeter, 'context'>> & { q?: ArrayLike<unknown>[] };
  }
}

const begin = (settings: Settings): void => {
  const early = window.graadmeter?.q ?? [];
  let reporter: Reporter | undefined;
  const obey = guard((...[command, value]: Command): void => {
    if (command === 'convert') {
      whenVisited(() => reporter?.convert(value ?? {}));
    } else if (['page', 'channel', 'variant'].includes(command)) {
      settings.names[command] = nameOf(value);
    } else {
      console.warn('graadmeter: there is no', command);
    }
  });
  window.graadmeter = Object.assign(obey, {
    context: (): Context | undefined => {
      let known: Context | undefined;
      guard(() => (known = reporter?.context()))();
      return known;
    },
  });
  if (refused(navigator, window as { doNotTrack?: string })) {
    forgetVisit(() => sessionStorage);
  } else if (/^http/.test(location.protocol)) {
    whenVisited(() => {
      reporter = report(settings);
    });
  }
  for (const call of early) obey(...(Array.from(call) as Command));
};

// A second tag would count each view twice.
if (!window.graadmeter?.context) {
  guard(() => {
    const script = document.currentScript ?? document.querySelector('script[data-site]');
    if (script) begin(settingsOf(script as HTMLScriptElement));
  })();
}
