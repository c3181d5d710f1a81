// `window.graadmeter`: takes over the calls that the page made before the script had loaded, and begins to report.

import { refused } from './consent.ts';
import type { Sale } from './conversion.ts';
import { guard } from './guard.ts';
import { consent, context, convert, mark, report, view } from './reporter.ts';
import { forget } from './session.ts';
import { configure, settings, type Tag } from './settings.ts';
import type { Context } from './wire.ts';

/** `window.graadmeter`. Before this script has loaded, a page may put a stub there that keeps calls in `q`. */
export interface Graadmeter {
  /** Reports a purchase or another goal, at once. */
  (command: 'convert', sale: Sale): void;
  /** Tells of a soft navigation, and may name the new view's page group. */
  (command: 'view', page?: string): void;
  /** Tells whether the visitor agreed to be followed. */
  (command: 'consent', given: boolean): void;
  /** Names the page group, its stage, the landing's channel, or the arm of an experiment. */
  (command: 'page' | 'stage' | 'channel' | 'variant', name: string): void;
  /** What the beacon knows, for the shop's server to send with an order; nothing for a visitor who isn't followed. */
  context(): Context | undefined;
}

declare global {
  interface Window {
    graadmeter?: Partial<Pick<Graadmeter, 'context'>> & { q?: Iterable<unknown>[] };
  }
}

/** Begins to report. */
export const begin = (tag: Tag): void => {
  const { graadmeter } = self;
  // A second tag would count each view twice.
  if (graadmeter?.context) return;
  const refuses = refused();
  const commands: Record<string, (...given: never[]) => void> = refuses ? {} : { view, mark, consent, convert };
  const obey = guard((command: string, ...given: (string | undefined)[]): void => {
    if (commands[command]) commands[command](...(given as never[]));
    // What is no text makes the collector refuse the beacon.
    else settings[command as 'page'] = given[0]?.toString();
  });
  configure(tag);
  self.graadmeter = Object.assign(obey, { context: guard(context) });
  if (refuses) forget();
  else {
    report();
    // `beacon-more.js` beside `beacon.js`, whatever its name, or the `?ver=` that a shop adds.
    if (settings.auto != null) import(tag.src.replace(/\.js(\?.*)?$/, '-more.js')).catch(() => 0);
  }
  graadmeter?.q?.forEach((call) => {
    obey(...(call as [string, never]));
  });
};
