// The beacon for pages that are bundled.
//
//   import { start } from '@graadmeter/beacon';
//   const graadmeter = start({ site: 'shop', collector: 'https://collector.example/' });

import { begin, type Graadmeter } from './begin.ts';
import { guard } from './guard.ts';
import { whenVisited } from './lifecycle.ts';
import type { Settings } from './settings.ts';

export type { Graadmeter } from './begin.ts';
export type { Sale } from './conversion.ts';
export type { Settings } from './settings.ts';

/** The tag's attributes but `auto`, and the collector's address in the place of the script's. */
export interface Options extends Omit<Settings, 'auto'> {
  /** Where the collector's public listener is: `https://collector.example/`. */
  collector: string;
}

/** Begins to report, and answers with `window.graadmeter`. Only the first call has an effect. */
export const start = ({ collector, ...dataset }: Options): Graadmeter => {
  const page = window as unknown as { graadmeter?: Graadmeter & { q?: unknown[][] } };
  // Until the visitor comes to a page that was rendered ahead, calls are kept.
  const kept: unknown[][] = [];
  page.graadmeter ??= Object.assign((...call: unknown[]) => void kept.push(call), { q: kept }) as never;
  whenVisited(
    guard(() => {
      begin({ dataset, src: collector });
    }),
  );
  return Object.assign(
    (...call: Parameters<Graadmeter>) => {
      page.graadmeter?.(...call);
    },
    { context: () => (page.graadmeter as Partial<Graadmeter> | undefined)?.context?.() },
  ) as Graadmeter;
};
